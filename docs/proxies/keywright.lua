-- Asks Keywright about each request of an HAProxy (2.6 or later) and lets it go on, as somebody, or answers it. See haproxy.cfg.

local QUESTION = "http://keywright/api/v1/forward-auth"
-- The proxy "keywright" of haproxy.cfg, which keeps connections to Keywright open and knows when to give up.
local ASKED_THROUGH = "abns@keywright-" .. (os.getenv("KEYWRIGHT_CALLERS") or "")
local TIMEOUT_MS = 3000

-- Of a caller's request. HAProxy keeps 101 header lines and ends with more, and nine are added on the way to the API; its buffers have 16 KiB
-- unless tune.bufsize says otherwise.
local LINES_MAX = 90
local BYTES_MAX = 14000

-- What the caller's API is told, if Keywright says so; nothing else of these names gets through.
local IDENTITY = {
	"x-keywright-tenant",
	"x-keywright-key-id",
	"x-keywright-key-name",
	"x-keywright-environment",
	"x-keywright-permissions",
	"x-keywright-site",
}

-- Of one connection, so not for the next hop; Connection itself only where it names nothing but these.
local OF_ONE_HOP = { "proxy-connection", "keep-alive", "te" }

-- Of one connection or of the body, so not part of the question.
local NOT_ASKED = {
	["connection"] = true,
	["content-encoding"] = true,
	["content-length"] = true,
	["content-type"] = true,
	["expect"] = true,
	["forwarded"] = true,
	["keep-alive"] = true,
	["proxy-connection"] = true,
	["te"] = true,
	["trailer"] = true,
	["transfer-encoding"] = true,
	["upgrade"] = true,
	["x-real-ip"] = true,
}

-- Of an answer of Keywright's, what its caller gets.
local PASSED_ON = { "content-type", "www-authenticate", "retry-after", "ratelimit", "ratelimit-policy", "cache-control", "x-request-id" }

local TOO_LARGE = '{"type":"about:blank","title":"Headers too large","status":431,"code":"headers_too_large",'
	.. '"detail":"The request has more than 90 header lines, or more than 14,000 bytes of them and of its URL. Send fewer and shorter ones."}'

local SILENT = '{"type":"about:blank","title":"Service unavailable","status":503,"code":"unavailable",'
	.. '"detail":"Keys cannot be checked at the moment. Repeat the request later."}'

-- Whether only Keywright or only this proxy may say it, in any spelling of its name; and the key itself.
local function is_ours(name)
	local plain = name:lower():gsub("[^a-z0-9]", "-")
	return plain:find("^x%-keywright") ~= nil
		or plain:find("^x%-forwarded") ~= nil
		or plain == "x-api-key"
		or plain == "x-real-ip"
		or plain == "forwarded"
end

-- The values of one header in the order in which they came.
local function values_of(headers, name)
	local found = {}
	local values = headers and headers[name]
	if values == nil then return found end
	for at = 0, 200 do
		if values[at] == nil then
			if at > 0 then break end
		else
			found[#found + 1] = values[at]
		end
	end
	return found
end

-- Whether the question about a request has room in HAProxy; the URL stands in it twice.
local function is_too_large(headers, uri)
	local lines, bytes = 0, 2 * #uri
	for name in pairs(headers) do
		for _, value in ipairs(values_of(headers, name)) do
			lines = lines + 1
			bytes = bytes + #name + #value + 4
		end
	end
	return lines > LINES_MAX or bytes > BYTES_MAX
end

local function question_of(headers, method, uri, address)
	local asked = {}
	for name in pairs(headers) do
		if not NOT_ASKED[name] and (not is_ours(name) or name == "x-api-key" or name == "x-keywright-client") then
			asked[name] = values_of(headers, name)
		end
	end
	asked["x-forwarded-method"] = { method }
	asked["x-forwarded-uri"] = { uri }
	asked["x-forwarded-for"] = { address }
	return asked
end

local function refuse(txn, status, headers, body)
	local reply = txn:reply({ status = status, body = body })
	for name, values in pairs(headers) do
		for _, value in ipairs(values) do reply:add_header(name, value) end
	end
	txn:done(reply)
end

-- A refusal of Keywright's own, and not of something that stands in its place.
local function is_refusal(answer)
	local kind = values_of(answer.headers, "content-type")[1] or ""
	return answer.status >= 400 and answer.status <= 503 and kind:find("application/problem+json", 1, true) == 1
end

local function is_admission(answer)
	local key_id = values_of(answer.headers, "x-keywright-key-id")[1] or ""
	return answer.status == 200 and key_id ~= ""
end

-- A header that Connection names is dropped by the next proxy, so nobody may name one of ours there.
local function names_headers(connection)
	for word in table.concat(connection, ","):gmatch("[^,%s]+") do
		local plain = word:lower()
		if plain ~= "close" and plain ~= "keep-alive" and plain ~= "upgrade" then return true end
	end
	return false
end

local function refuse_as_told(txn, answer)
	local headers = {}
	for _, name in ipairs(PASSED_ON) do headers[name] = values_of(answer.headers, name) end
	refuse(txn, answer.status, headers, answer.body or "")
end

-- A refusal that is none of Keywright's.
local function refuse_here(txn, status, body)
	local headers = { ["content-type"] = { "application/problem+json" }, ["cache-control"] = { "no-store" } }
	if status == 503 then headers["retry-after"] = { "5" } end
	refuse(txn, status, headers, body)
end

-- Whether the API will read of each header what it was given here, and once: HAProxy adds none that have no room.
local function say(txn, said)
	for name, value in pairs(said) do txn.http:req_set_header(name, value) end
	local headers = txn.http:req_get_headers()
	for name, value in pairs(said) do
		local values = values_of(headers, name)
		if #values ~= 1 or values[1] ~= value then return false end
	end
	return true
end

core.register_action("keywright", { "http-req" }, function(txn)
	local headers = txn.http:req_get_headers()
	local address = txn.f:src()
	if is_too_large(headers, txn.f:url()) then return refuse_here(txn, 431, TOO_LARGE) end
	local asked = question_of(headers, txn.f:method(), txn.f:url(), address)
	local ok, answer = pcall(function()
		return core.httpclient():get({ url = QUESTION, headers = asked, dst = ASKED_THROUGH, timeout = TIMEOUT_MS })
	end)
	if not ok or not answer or not answer.status then answer = { status = 0 } end
	if is_refusal(answer) then return refuse_as_told(txn, answer) end
	if not is_admission(answer) then return refuse_here(txn, 503, SILENT) end
	for name in pairs(headers) do
		if is_ours(name) then txn.http:req_del_header(name) end
	end
	if names_headers(values_of(headers, "connection")) then txn.http:req_del_header("connection") end
	for _, name in ipairs(OF_ONE_HOP) do txn.http:req_del_header(name) end
	local said = {
		["x-forwarded-for"] = address,
		["x-forwarded-proto"] = txn.f:ssl_fc() == 1 and "https" or "http",
		["x-real-ip"] = address,
	}
	for _, name in ipairs(IDENTITY) do said[name] = values_of(answer.headers, name)[1] or "" end
	if not say(txn, said) then return refuse_here(txn, 431, TOO_LARGE) end
	for _, name in ipairs({ "ratelimit", "ratelimit-policy" }) do
		local value = values_of(answer.headers, name)[1]
		if value then txn:set_var("txn.keywright_" .. name:gsub("-", "_"), value) end
	end
	-- The last thing: after an error of this file HAProxy goes on with the request, and refuses it without this.
	txn:set_var("txn.keywright", "admitted")
end, 0)
