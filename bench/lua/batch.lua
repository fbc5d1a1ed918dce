-- 1,000 lines of line protocol a POST (about 58 bytes each), 10,000 devices; every request carries
-- new timestamps. A stamp of six digits is put into a prepared body, so that the load generator
-- leaves the processors to what is measured.
local thread_count = 0
local LINES = 1000

function setup(thread)
  thread:set("id", thread_count)
  thread_count = thread_count + 1
end

function init(args)
  wrk.method = "POST"
  wrk.path = "/write?precision=us"
  n = 0
  local seconds = os.time()
  bodies = {}
  for b = 0, 9 do
    local lines = {}
    for i = 0, LINES - 1 do
      local device = (b * LINES + i) % 10000
      lines[#lines + 1] = string.format("temp,device_id=sensor-%05d value=%d.%d %d@@@@@@",
        device, 15 + i % 20, i % 10, seconds + id)
    end
    bodies[b] = table.concat(lines, "\n") .. "\n"
  end
end

function request()
  n = n + 1
  local body = bodies[n % 10]:gsub("@@@@@@", string.format("%06d", n % 1000000))
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format("RATE %.0f BAD %d P99_US %.0f\n",
    summary.requests / (summary.duration / 1e6), bad, latency:percentile(99)))
end
