-- Sends each request with the next key of the file named by KEYS_FILE; each thread begins elsewhere in it.
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
		requests[#requests + 1] = wrk.format("GET", path, { ["X-API-Key"] = key, ["Host"] = "127.0.0.1" })
	end
	at = offset
end

function request()
	at = at + 1
	return requests[(at % #requests) + 1]
end
