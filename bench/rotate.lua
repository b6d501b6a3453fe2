-- Sends each request with the next key of the file named by KEYS_FILE, beginning at START; each thread begins elsewhere in it. Keywright sees 64 addresses where it trusts
-- this one as a proxy.
local requests = {}
local at = 0
local threads = 0

function setup(thread)
	threads = threads + 1
	thread:set("offset", threads * 7919)
end

function init(args)
	local path = args[1]
	for key in io.lines(os.getenv("KEYS_FILE")) do
		local address = "203.0." .. #requests % 64 .. ".7"
		requests[#requests + 1] = wrk.format("GET", path, { ["X-API-Key"] = key, ["Host"] = "127.0.0.1", ["X-Forwarded-For"] = address })
	end
	at = offset + tonumber(os.getenv("START") or 0)
end

function request()
	at = at + 1
	return requests[(at % #requests) + 1]
end
