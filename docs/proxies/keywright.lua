-- Asks Keywright about each request to an HAProxy (2.6 or later), then admits the request with its caller's identity, or refuses it. See haproxy.cfg.

local QUESTION = "http://keywright/api/v1/forward-auth"
-- The socket of the proxy "keywright" in haproxy.cfg, which keeps connections to Keywright open and limits the time of each request.
local KEYWRIGHT_SOCKET = "abns@keywright-" .. (os.getenv("KEYWRIGHT_CALLERS") or "")
local TIMEOUT_MS = 3000

-- Limits for a caller's request. HAProxy stores at most 101 header lines and exits if there are more; nine are added for the API. Its buffers have
-- 16 KiB unless tune.bufsize is set.
local LINES_MAX = 90
local BYTES_MAX = 14000

-- The headers that your API receives from Keywright. A caller's own headers with these names are removed.
local IDENTITY = {
	"x-keywright-tenant",
	"x-keywright-key-id",
	"x-keywright-key-name",
	"x-keywright-environment",
	"x-keywright-permissions",
	"x-keywright-site",
}

-- Hop-by-hop headers, which are not forwarded; Connection is forwarded only if it names no other header.
local HOP_BY_HOP = { "proxy-connection", "keep-alive", "te" }

-- Headers of the connection or of the body, which are not sent to Keywright.
local OMITTED = {
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

-- The headers of Keywright's refusal that the caller receives.
local REFUSAL_HEADERS = { "content-type", "www-authenticate", "retry-after", "ratelimit", "ratelimit-policy", "cache-control", "x-request-id" }

local TOO_LARGE = '{"type":"about:blank","title":"Headers too large","status":431,"code":"headers_too_large",'
	.. '"detail":"The request has more than 90 header lines, or more than 14,000 bytes of them and of its URL. Send fewer and shorter ones."}'

local UNAVAILABLE = '{"type":"about:blank","title":"Service unavailable","status":503,"code":"unavailable",'
	.. '"detail":"Keys cannot be checked at the moment. Repeat the request later."}'

-- Whether only Keywright or this proxy may set the header, in any spelling of its name. Includes the key itself.
local function is_reserved(name)
	local plain = name:lower():gsub("[^a-z0-9]", "-")
	return plain:find("^x%-keywright") ~= nil
		or plain:find("^x%-forwarded") ~= nil
		or plain == "x-api-key"
		or plain == "x-real-ip"
		or plain == "forwarded"
end

-- The values of one header, in the order of the request.
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

-- Whether the request to Keywright would exceed HAProxy's buffer. It contains the URL twice.
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

local function question_headers(headers, method, uri, address)
	local asked = {}
	for name in pairs(headers) do
		if not OMITTED[name] and (not is_reserved(name) or name == "x-api-key" or name == "x-keywright-client") then
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

-- Whether the answer is a refusal by Keywright, not by another server at its address.
local function is_refusal(answer)
	local kind = values_of(answer.headers, "content-type")[1] or ""
	return answer.status >= 400 and answer.status <= 503 and kind:find("application/problem+json", 1, true) == 1
end

local function is_admission(answer)
	local key_id = values_of(answer.headers, "x-keywright-key-id")[1] or ""
	return answer.status == 200 and key_id ~= ""
end

-- The next proxy removes every header that Connection names, so a caller must not name a reserved one there.
local function names_headers(connection)
	for word in table.concat(connection, ","):gmatch("[^,%s]+") do
		local plain = word:lower()
		if plain ~= "close" and plain ~= "keep-alive" and plain ~= "upgrade" then return true end
	end
	return false
end

local function forward_refusal(txn, answer)
	local headers = {}
	for _, name in ipairs(REFUSAL_HEADERS) do headers[name] = values_of(answer.headers, name) end
	refuse(txn, answer.status, headers, answer.body or "")
end

-- Refuses without an answer from Keywright.
local function refuse_here(txn, status, body)
	local headers = { ["content-type"] = { "application/problem+json" }, ["cache-control"] = { "no-store" } }
	if status == 503 then headers["retry-after"] = { "5" } end
	refuse(txn, status, headers, body)
end

-- Sets headers of the request. False if one is missing afterwards, because HAProxy drops headers that exceed its buffer.
local function set_headers(txn, wanted)
	for name, value in pairs(wanted) do txn.http:req_set_header(name, value) end
	local headers = txn.http:req_get_headers()
	for name, value in pairs(wanted) do
		local values = values_of(headers, name)
		if #values ~= 1 or values[1] ~= value then return false end
	end
	return true
end

core.register_action("keywright", { "http-req" }, function(txn)
	local headers = txn.http:req_get_headers()
	local address = txn.f:src()
	if is_too_large(headers, txn.f:url()) then return refuse_here(txn, 431, TOO_LARGE) end
	local asked = question_headers(headers, txn.f:method(), txn.f:url(), address)
	local ok, answer = pcall(function()
		return core.httpclient():get({ url = QUESTION, headers = asked, dst = KEYWRIGHT_SOCKET, timeout = TIMEOUT_MS })
	end)
	if not ok or not answer or not answer.status then answer = { status = 0 } end
	if is_refusal(answer) then return forward_refusal(txn, answer) end
	if not is_admission(answer) then return refuse_here(txn, 503, UNAVAILABLE) end
	for name in pairs(headers) do
		if is_reserved(name) then txn.http:req_del_header(name) end
	end
	if names_headers(values_of(headers, "connection")) then txn.http:req_del_header("connection") end
	for _, name in ipairs(HOP_BY_HOP) do txn.http:req_del_header(name) end
	local identity = {
		["x-forwarded-for"] = address,
		["x-forwarded-proto"] = txn.f:ssl_fc() == 1 and "https" or "http",
		["x-real-ip"] = address,
	}
	for _, name in ipairs(IDENTITY) do identity[name] = values_of(answer.headers, name)[1] or "" end
	if not set_headers(txn, identity) then return refuse_here(txn, 431, TOO_LARGE) end
	for _, name in ipairs({ "ratelimit", "ratelimit-policy" }) do
		local value = values_of(answer.headers, name)[1]
		if value then txn:set_var("txn.keywright_" .. name:gsub("-", "_"), value) end
	end
	-- Last: if this file fails earlier, HAProxy continues with the request, and haproxy.cfg refuses it because the variable is missing.
	txn:set_var("txn.keywright", "admitted")
end, 0)
