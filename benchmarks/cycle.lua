-- wrk script: asks for the paths of a file in their order, from the first again after the last, or once only.
-- Arguments: file of paths; "once" or "again"; then any number of "Name: value" headers.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int, moment *);")

local threads, requests, position, once = {}, {}, 0, false
elapsed = -1

local function now()
  local moment = ffi.new("moment")
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  once = arguments[2] == "once"
  for number = 3, #arguments do
    local name, value = arguments[number]:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
  for path in io.lines(arguments[1]) do
    table.insert(requests, wrk.format("GET", path))
  end
  began = now()
end

function request()
  position = position + 1
  if position > #requests then
    if once and elapsed < 0 then
      elapsed = now() - began
      wrk.thread:stop()
    end
    position = 1
  end
  return requests[position]
end

-- elapsed stays negative unless the paths ran out before the time did
function done(summary, latency, _)
  local stopped = threads[1]:get("elapsed")
  local seconds = stopped > 0 and stopped or summary.duration / 1e6
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('RESULT {"requests": %d, "seconds": %.6f, "failed": %d, "p50": %.4f, "p99": %.4f}\n',
    summary.requests, seconds, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
