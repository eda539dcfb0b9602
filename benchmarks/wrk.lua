-- wrk -s wrk.lua URL -- plain | browser | various | page | close: whose header fields are sent.
-- All requests of a run are the same, but of `various` no two.
-- Every name is looked up on the loopback interface; the result is printed as one line of JSON.

wrk.resolve = function(_, service)
  wrk.addrs = wrk.lookup("127.0.0.1", service)
end

-- With Host these are the 15 fields that Chromium sends for a script.
local BROWSER = {
  ["Connection"] = "keep-alive",
  ["sec-ch-ua-platform"] = '"Linux"',
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  ["sec-ch-ua"] = '"Chromium";v="140", "Not=A?Brand";v="24"',
  ["sec-ch-ua-mobile"] = "?0",
  ["Accept"] = "*/*",
  ["Sec-Fetch-Site"] = "same-origin",
  ["Sec-Fetch-Mode"] = "no-cors",
  ["Sec-Fetch-Dest"] = "script",
  ["Referer"] = "https://s0.bench.localhost/shop/compose?draft=17",
  ["Accept-Encoding"] = "gzip, deflate, br, zstd",
  ["Accept-Language"] = "en-GB,en;q=0.9,de;q=0.8",
  ["Cookie"] = "session=5f4dcc3b5aa765d61d8327deb882cf99; theme=dark; consent=necessary",
  ["Cache-Control"] = "no-cache",
}

function init(arguments)
  local kind = arguments[1]
  if kind == "browser" or kind == "various" or kind == "page" then
    for name, value in pairs(BROWSER) do
      wrk.headers[name] = value
    end
  end
  if kind == "page" then
    wrk.headers["Sec-Fetch-Dest"] = "document"
    wrk.headers["Sec-Fetch-Mode"] = "navigate"
    wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
  end
  if kind == "close" then
    wrk.headers["Connection"] = "close"
  end
  if kind == "various" then
    local same = wrk.format("GET", wrk.path .. "?number=NUMBER")
    local before, after = same:match("^(.-)NUMBER(.*)$")
    local number = 0
    request = function()
      number = number + 1
      return before .. number .. after
    end
  end
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "errors": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end
