-- Readings as a fleet sends them: every one unique in (device, ts), timestamps close to now and rising,
-- devices spread over the whole fleet. Whole requests are prepared once and only fixed-width digits are
-- filled in, so that the generator leaves the processors to what is measured.
--
--   wrk ... -s load.lua http://HOST:PORT/PATH -- FORMAT LINES DEVICES THREADS FROM_MS [PROGRESS]
--
-- FORMAT    json (an object, or an array of them), ndjson, lines (line protocol, timestamps in microseconds), gzip or zstd (the same lines,
--           each request compressed on its way), remote-write (Prometheus's, version 1, a series of one sample a reading; its snappy is all
--           literals, so that the generator need not compress) or otlp (protobuf, a gauge with a data point a reading)
-- LINES     readings a request: 1 (json and lines), or 1000 from as many devices, as a gateway collects them
-- DEVICES   size of the fleet, a multiple of 1000 * THREADS
-- FROM_MS   lower bound of the timestamps: the end of an earlier run, or 0
-- PROGRESS  a file of 8 bytes a thread, in which each thread counts its requests as it runs
local ffi = require "ffi"
ffi.cdef [[
  typedef struct { long seconds; long micros; } timeval;
  int gettimeofday(timeval *now, void *zone);
  int open(const char *path, int flags);
  void *mmap(void *address, size_t length, int protection, int flags, int file, long offset);
  typedef struct {
    const uint8_t *next_in; unsigned avail_in; unsigned long total_in;
    uint8_t *next_out; unsigned avail_out; unsigned long total_out;
    const char *msg; void *state; void *alloc; void *free; void *opaque; int data_type; unsigned long adler; unsigned long reserved;
  } z_stream;
  int deflateInit2_(z_stream *stream, int level, int method, int window_bits, int memory, int strategy, const char *version, int size);
  int deflateReset(z_stream *stream);
  int deflate(z_stream *stream, int flush);
  void *ZSTD_createCCtx(void);
  size_t ZSTD_compressCCtx(void *context, void *to, size_t capacity, const void *from, size_t length, int level);
  unsigned ZSTD_isError(size_t code);
]]

local thread_count = 0
local threads = {}

function setup(thread)
  thread:set("id", thread_count)
  thread_count = thread_count + 1
  threads[thread_count] = thread
end

local GATEWAY = 1000 -- devices behind one gateway, and so in one batch
local now = ffi.new("timeval")

local function wall_micros()
  ffi.C.gettimeofday(now, nil)
  return tonumber(now.seconds) * 1000000 + tonumber(now.micros)
end

-- Writes the last `width` decimal digits of a number.
local function digits(at, width, number)
  for i = width - 1, 0, -1 do
    local rest = math.floor(number / 10)
    at[i] = 48 + number - rest * 10
    number = rest
  end
end

local function progress_of(path)
  if not path then
    return ffi.new("uint64_t[?]", id + 1)
  end
  local READ_WRITE, SHARED = 2, 1
  local address = ffi.C.mmap(nil, 4096, 3, SHARED, ffi.C.open(path, READ_WRITE), 0)
  assert(ffi.cast("intptr_t", address) ~= -1, "cannot map " .. path)
  return ffi.cast("uint64_t *", address)
end

-- The next timestamp, in units of 1/a_second s: the clock's, or one more than the last.
local function later(last, micros_each)
  return math.max(math.floor(wall_micros() / micros_each), last + 1)
end

-- One reading a request. A thread owns the devices whose number modulo the thread count is its own, so
-- that no two threads produce the same (device, ts).
local function single(format, devices, thread_total, from_ms)
  local body = format == "json" and '{"device_id":"sensor-DDDDDDD","ts":MMMMMMMMMMMMM.UUU,"temp":VV.V}'
    or "temp,device_id=sensor-DDDDDDD value=VV.V MMMMMMMMMMMMMUUU\n"
  local text = wrk.format(nil, nil, nil, body)
  local request_bytes = ffi.new("uint8_t[?]", #text)
  ffi.copy(request_bytes, text, #text)
  local device_at = request_bytes + text:find("DDDDDDD", 1, true) - 1
  local millis_at = request_bytes + text:find("MMMMMMMMMMMMM", 1, true) - 1
  local micros_at = request_bytes + text:find("UUU", 1, true) - 1
  local value_at = request_bytes + text:find("VV.V", 1, true) - 1
  local own = devices / thread_total
  local stamp, n, length = from_ms * 1000, 0, #text
  return function()
    n = n + 1
    stamp = later(stamp, 1)
    last_ms = stamp / 1000
    local millis = math.floor(stamp / 1000)
    digits(device_at, 7, n * 617 % own * thread_total + id)
    digits(millis_at, 13, millis)
    digits(micros_at, 3, stamp - millis * 1000)
    digits(value_at, 2, 15 + n * 7 % 20)
    digits(value_at + 3, 1, n * 3 % 10)
    progress[id] = n
    return ffi.string(request_bytes, length)
  end
end

-- Each makes a compressor: of a buffer and its length a string.
local compressors = {
  gzip = function()
    local z, stream, packed = ffi.load("libz.so.1"), ffi.new("z_stream"), ffi.new("uint8_t[?]", 1000000)
    local FASTEST, DEFLATED, GZIP, FINISH, STREAM_END = 1, 8, 31, 4, 1
    assert(z.deflateInit2_(stream, FASTEST, DEFLATED, GZIP, 8, 0, "1", ffi.sizeof("z_stream")) == 0, "zlib")
    return function(bytes, length)
      z.deflateReset(stream)
      stream.next_in, stream.avail_in, stream.next_out, stream.avail_out = bytes, length, packed, 1000000
      assert(z.deflate(stream, FINISH) == STREAM_END, "zlib")
      return ffi.string(packed, 1000000 - stream.avail_out)
    end
  end,
  zstd = function()
    local zstd, packed = ffi.load("libzstd.so.1"), ffi.new("uint8_t[?]", 1000000)
    local context = zstd.ZSTD_createCCtx()
    return function(bytes, length)
      local size = zstd.ZSTD_compressCCtx(context, packed, 1000000, bytes, length, 1)
      assert(zstd.ZSTD_isError(size) == 0, "zstd")
      return ffi.string(packed, size)
    end
  end,
}

-- Of a batch: a reading, and what stands before, between and behind readings.
local LINE = {"temp,device_id=sensor-DDDD%03d value=%d.%d MMMMMMMMMMMMM%03d", "", "\n", "\n"}
local OBJECT = '{"device_id":"sensor-DDDD%03d","temp":%d.%d,"ts":MMMMMMMMMMMMM.%03d}'
local BATCHES = {
  lines = LINE, gzip = LINE, zstd = LINE, json = {OBJECT, "[", ",", "]"}, ndjson = {OBJECT, "", "\n", "\n"},
}

-- A gateway's 1,000 sensors a request. The i-th line is i microseconds after a whole millisecond
-- that no other batch of this thread has; each thread has its own gateways.
local function batch(format, devices, thread_total, from_ms)
  math.randomseed(id + 1)
  local reading, before, between, behind = unpack(BATCHES[format])
  local compress = compressors[format] and compressors[format]()
  local requests, device_at, millis_at, body_at, length = {}, {}, {}, 0, 0
  for template = 0, 7 do
    local readings = {}
    for i = 0, GATEWAY - 1 do
      readings[i + 1] = string.format(reading, i * 617 % GATEWAY, 15 + math.random(0, 19), math.random(0, 9), i)
    end
    local text = wrk.format(nil, nil, nil, before .. table.concat(readings, between) .. behind)
    body_at = text:find("\r\n\r\n", 1, true) + 3
    length = #text
    local bytes = ffi.new("uint8_t[?]", length)
    ffi.copy(bytes, text, length)
    requests[template] = bytes
    if template == 0 then
      device_at, millis_at = ffi.new("int32_t[?]", GATEWAY), ffi.new("int32_t[?]", GATEWAY)
      local from = 1
      for i = 0, GATEWAY - 1 do
        device_at[i] = text:find("DDDD", from, true) - 1
        millis_at[i] = text:find("MMMMMMMMMMMMM", from, true) - 1
        from = millis_at[i] + 13
      end
    end
  end
  local own = math.floor(devices / GATEWAY / thread_total)
  local gateway, millis = ffi.new("uint8_t[4]"), ffi.new("uint8_t[13]")
  local stamp, n = from_ms, 0
  return function()
    n = n + 1
    stamp = later(stamp, 1000)
    last_ms = stamp
    digits(gateway, 4, n * 617 % own * thread_total + id)
    digits(millis, 13, stamp)
    local bytes = requests[n % 8]
    for i = 0, GATEWAY - 1 do
      ffi.copy(bytes + device_at[i], gateway, 4)
      ffi.copy(bytes + millis_at[i], millis, 13)
    end
    progress[id] = n
    if compress then
      return wrk.format(nil, nil, nil, compress(bytes + body_at, length - body_at))
    end
    return ffi.string(bytes, length)
  end
end

-- A number as protobuf has it, in as many bytes as it needs.
local function varint(number)
  local bytes = {}
  while number > 127 do
    bytes[#bytes + 1] = string.char(128 + number % 128)
    number = math.floor(number / 128)
  end
  return table.concat(bytes) .. string.char(number)
end

-- A field of protobuf that is a message or a text.
local function field(number, content)
  return string.char(number * 8 + 2) .. varint(#content) .. content
end

local function label(name, value)
  return field(1, field(1, name) .. field(2, value))
end

-- Prometheus's remote write: a series a reading, timestamps in milliseconds.
local REMOTE_WRITE = {
  stamp = "MMMMMM",
  reading = function(device, value)
    return field(1, label("__name__", "temp") .. label("instance", device) .. field(2, "\9" .. value .. "\16MMMMMM"))
  end,
  -- a block of snappy that is one literal
  body = function(readings)
    local length = #readings - 1
    return varint(#readings) .. string.char(248, length % 256, math.floor(length / 256) % 256, math.floor(length / 65536)) .. readings
  end,
  time = varint,
}

-- OTLP: a gauge with a data point a reading, timestamps in nanoseconds. The device is an attribute of the data point.
local OTLP = {
  stamp = "MMMMMMMM",
  reading = function(device, value)
    return field(1, "\25MMMMMMMM\33" .. value .. field(7, field(1, "device.id") .. field(2, field(1, device))))
  end,
  body = function(readings)
    return field(1, field(1, "") .. field(2, field(2, field(1, "temp") .. field(5, readings))))
  end,
  time = function(millis)
    return ffi.string(ffi.new("int64_t[1]", millis * 1000000LL), 8)
  end,
}

-- The same 1,000 sensors in protobuf. All readings of a request have the same timestamp.
local function protobuf(format, devices, thread_total, from_ms)
  math.randomseed(id + 1)
  local all = {}
  for i = 0, GATEWAY - 1 do
    local value = ffi.new("double[1]", 15 + math.random(0, 199) / 10)
    all[i + 1] = format.reading(string.format("sensor-DDDD%03d", i * 617 % GATEWAY), ffi.string(value, 8))
  end
  local text = wrk.format(nil, nil, nil, format.body(table.concat(all)))
  local bytes = ffi.new("uint8_t[?]", #text)
  ffi.copy(bytes, text, #text)
  local device_at, time_at, from = ffi.new("int32_t[?]", GATEWAY), ffi.new("int32_t[?]", GATEWAY), 1
  for i = 0, GATEWAY - 1 do
    local device, time = text:find("DDDD", from, true), text:find(format.stamp, from, true)
    device_at[i], time_at[i] = device - 1, time - 1
    from = math.max(device + 4, time + #format.stamp)
  end
  local own = math.floor(devices / GATEWAY / thread_total)
  local gateway = ffi.new("uint8_t[4]")
  local stamp, n = from_ms, 0
  return function()
    n = n + 1
    stamp = later(stamp, 1000)
    last_ms = stamp
    digits(gateway, 4, n * 617 % own * thread_total + id)
    local time = format.time(stamp)
    for i = 0, GATEWAY - 1 do
      ffi.copy(bytes + device_at[i], gateway, 4)
      ffi.copy(bytes + time_at[i], time, #time)
    end
    progress[id] = n
    return ffi.string(bytes, #text)
  end
end

local HEADERS = {
  json = {["Content-Type"] = "application/json"},
  ndjson = {["Content-Type"] = "application/x-ndjson"},
  gzip = {["Content-Encoding"] = "gzip"},
  zstd = {["Content-Encoding"] = "zstd"},
  otlp = {["Content-Type"] = "application/x-protobuf"},
  ["remote-write"] = {
    ["Content-Type"] = "application/x-protobuf", ["Content-Encoding"] = "snappy", ["X-Prometheus-Remote-Write-Version"] = "0.1.0",
  },
}

function init(args)
  wrk.method = "POST"
  local format, lines, devices = args[1], tonumber(args[2]), tonumber(args[3])
  local thread_total, from_ms = tonumber(args[4]), tonumber(args[5])
  assert(lines == 1 or lines == GATEWAY, "1 reading or 1000 a request")
  assert(devices % (GATEWAY * thread_total) == 0, "devices: a multiple of 1000 * threads")
  for name, value in pairs(HEADERS[format] or {}) do
    wrk.headers[name] = value
  end
  progress = progress_of(args[6])
  last_ms = from_ms
  local protobufs = {["remote-write"] = REMOTE_WRITE, otlp = OTLP}
  request = lines == 1 and single(format, devices, thread_total, from_ms)
    or protobufs[format] and protobuf(protobufs[format], devices, thread_total, from_ms)
    or batch(format, devices, thread_total, from_ms)
end

-- Set by init: wrk only checks that the name exists when it loads the script.
function request()
  error("not initialised")
end

-- requests a second, all requests, failed requests, p99 in microseconds, the last timestamp
function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  local last = 0
  for _, thread in ipairs(threads) do
    last = math.max(last, thread:get("last_ms"))
  end
  io.write(string.format("LOAD %.0f %d %d %.0f %.0f\n", summary.requests / (summary.duration / 1e6),
    summary.requests, bad, latency:percentile(99), math.ceil(last)))
end
