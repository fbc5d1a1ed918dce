-- One JSON reading a request at an even pace, from a client with a token; a connection waits DELAY_MS between requests.
--
--   wrk -c CONNECTIONS ... -s paced.lua http://HOST:PORT/v1/readings -- TOKEN DELAY_MS
local delay_ms, n = 0, 0

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  delay_ms = tonumber(args[2])
  math.randomseed(os.time())
  first = math.random(0, 1000000)
end

function request()
  n = n + 1
  return wrk.format("POST", nil, nil, string.format('{"device_id":"hot-%07d","temp":21.5}', (first + n) % 10000000))
end

function delay()
  return delay_ms
end
