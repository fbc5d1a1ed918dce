-- What the operator's page asks while its first view is open; a connection is a tab. In six seconds a tab asks for
-- status and history six times, for the fleet three times and for its gaps twice: 17 requests, evenly spread.
--
--   wrk -c TABS ... -s tabs.lua http://HOST:ADMIN_PORT
local second = {"/v1/status", "/v1/history?since=SINCE"}
local paths = {}
for i = 0, 5 do
  paths[#paths + 1] = second[1]
  paths[#paths + 1] = second[2]
  if i % 2 == 0 then paths[#paths + 1] = "/v1/fleet" end
  if i % 3 == 0 then paths[#paths + 1] = "/v1/fleet/gaps?limit=6" end
end

local n = 0

-- As the page says: an answer that another tab got less than a second ago will do.
wrk.headers["Cache-Control"] = "max-age=1"

function request()
  n = n + 1
  -- What is new in the history since a second ago; a tab that has just been opened asks for all of it.
  local path = paths[n % #paths + 1]:gsub("SINCE", tostring(os.time() - 2))
  return wrk.format("GET", path)
end

function delay()
  return 6000 / #paths
end
