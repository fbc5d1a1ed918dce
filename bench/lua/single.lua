-- One JSON reading a POST; device and timestamp differ from request to request.
local thread_count = 0

function setup(thread)
  thread:set("id", thread_count)
  thread_count = thread_count + 1
end

function init(args)
  wrk.method = "POST"
  wrk.path = "/v1/readings"
  wrk.headers["Content-Type"] = "application/json"
  n = 0
  base = os.time() * 1000
end

function request()
  n = n + 1
  return wrk.format(nil, nil, nil, string.format(
    '{"device_id":"sensor-%d","ts":%d.%d,"temp":%d.%d}',
    n % 10000, base + math.floor(n / 10), id, 15 + n % 20, n % 10))
end

function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format("RATE %.0f BAD %d P99_US %.0f\n",
    summary.requests / (summary.duration / 1e6), bad, latency:percentile(99)))
end
