/** The program of a request by its `User-Agent`: the library that sent it, or the name that the program gives itself. */

export const NO_PROGRAM = "none";
export const OTHER_PROGRAM = "other";

/** What is looked at of a `User-Agent`. */
const AGENT_CHARACTERS_MAX = 256;
const NAME_CHARACTERS_MAX = 40;
/** A name, a version, a hash and a UUID at most. */
const CUTS_MAX = 4;

/** The product that begins a `User-Agent` (RFC 9110, 10.1.5), in lower case → the family of its library. */
const PRODUCTS: ReadonlyMap<string, string> = new Map(
	Object.entries({
		keywright: ["keywright-client", "keywright-python", "keywright"],
		curl: ["curl", "libcurl", "libcurl-agent", "pycurl", "rcurl", "r-curl", "httr", "httr2"],
		wget: ["wget", "wget2", "aria2"],
		httpie: ["httpie", "xh", "hurl"],
		postman: ["postmanruntime", "newman"],
		insomnia: ["insomnia"],
		bruno: ["bruno-runtime"],
		node: ["node", "undici", "node-fetch", "node.js", "nodejs", "minipass-fetch", "make-fetch-happen", "needle", "phin", "centra", "ky", "wretch"],
		axios: ["axios"],
		got: ["got"],
		superagent: ["superagent", "node-superagent"],
		deno: ["deno"],
		bun: ["bun"],
		"python-requests": ["python-requests"],
		"python-httpx": ["python-httpx"],
		"python-urllib": ["python-urllib", "python-urllib3"],
		aiohttp: ["aiohttp"],
		python: ["python", "python3", "cpython", "httplib2", "python-httplib2", "treq", "twisted", "scrapy", "tornado", "pip", "locust"],
		go: ["go-http-client", "go-resty", "fasthttp", "golang", "grequests", "gorequest"],
		java: [
			...["java", "java-http-client", "jetty", "reactornetty", "netty", "jersey", "unirest-java", "vert.x-webclient", "async-http-client", "ahc"],
			...["akka-http", "pekko-http", "ktor-client", "ktor", "http4s-ember", "http4s-blaze", "sttp", "scalaj-http", "spring", "feign", "micronaut"],
		],
		"apache-httpclient": ["apache-httpclient", "apache-httpasyncclient", "jakarta", "commons-httpclient"],
		okhttp: ["okhttp", "retrofit"],
		ruby: ["ruby", "faraday", "rest-client", "httparty", "typhoeus", "excon", "http.rb", "httpclient", "mechanize", "httpx.rb"],
		perl: ["libwww-perl", "lwp", "lwp-useragent", "http-tiny", "mojolicious", "perl"],
		php: ["guzzlehttp", "php", "symfony", "php-curl-class", "laravel", "pecl", "buzz"],
		wordpress: ["wordpress"],
		dotnet: ["restsharp", ".net", "flurl.http", "flurl", "refit", "winhttp", "microsoft-wininet", "dotnet-httpclient"],
		rust: ["reqwest", "hyper", "ureq", "isahc", "surf", "awc", "actix-web"],
		beam: ["hackney", "finch", "mint", "tesla", "req", "httpoison", "erlang", "ibrowse"],
		lua: ["lua-resty-http", "luasocket"],
		dart: ["dart", "dio"],
		android: ["dalvik"],
		apple: ["cfnetwork", "swift", "alamofire"],
		unity: ["unityplayer", "unrealengine", "godotengine"],
		k6: ["k6"],
		apachebench: ["apachebench", "wrk", "hey", "vegeta", "artillery", "gatling", "jmeter", "autocannon", "h2load"],
		zapier: ["zapier"],
		make: ["make", "integromat"],
		n8n: ["n8n"],
		cloud: [
			...["aws-sdk", "aws-sdk-js", "aws-cli", "boto3", "botocore", "azure-logic-apps", "azsdk", "cloudflare-workers", "google-cloud-scheduler"],
			...["google-cloud-tasks", "google-apps-script", "amazonapigateway", "amazon", "pipedream", "workato", "ifttt", "retool", "vercel"],
		],
		browser: ["mozilla", "opera"],
	}).flatMap(([family, products]) => products.map((product) => [product, family] as const)),
);

/** Products that stand further in and say more than the first. */
const INSIDE: readonly (readonly [RegExp, string])[] = [
	[/powershell\//i, "powershell"],
	[/\baiohttp\//i, "aiohttp"],
	[/\bcfnetwork\//i, "apple"],
	[/\bokhttp\//i, "okhttp"],
];

/** What libraries call themselves; a name of these words alone is nobody's own. */
const GENERIC: ReadonlySet<string> = new Set(
	(
		"agent api async c cli client clients cpp curl default dotnet fetch fetcher go golang http https httpclient httplib http2 java javascript js jdk jvm lib library lua native " +
		"net node nodejs perl php py python request requests rest restclient ruby rust rs sdk simple swift ts typescript unknown urllib user useragent v web"
	).split(" "),
);

const NAME = /^[a-z0-9._-]*[a-z][a-z0-9._-]*$/;
/** What one release or one run adds to a name: a UUID, a hash with a digit in it, a version with a dot or a `v`. A bare number may tell two programs apart. */
const TRAILING =
	/(?:^|[._-])(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[a-f]*[0-9])[0-9a-f]{6,64}|v[0-9]+(?:\.[0-9]+)*|[0-9]+(?:\.[0-9]+)+)(?:[._-]?(?:alpha|beta|rc|snapshot|pre|dev)[._-]?[0-9]*)?$/;
const SEPARATORS_AT_END = /[._-]+$/;

/** Everything that is a library or nothing of one's own: programs that have nothing in common look like one there. */
export const LIBRARY_FAMILIES: ReadonlySet<string> = new Set([...PRODUCTS.values(), ...INSIDE.map(([, family]) => family)]);

/**
 * The library family of a `User-Agent`, or the name of one's own that begins it: `order-bot` of `order-bot/1.2`. Lower case, `[a-z0-9._-]{1,40}`, without a
 * trailing version, hash or UUID. `none` where nothing was sent; `other` for what is no name. A text that holds a secret was dropped before (source-memo.ts).
 */
export function programOf(user_agent: string | null): string {
	const text = user_agent?.slice(0, AGENT_CHARACTERS_MAX).trim() ?? "";
	if (text === "") return NO_PROGRAM;
	for (const [pattern, family] of INSIDE) if (pattern.test(text)) return family;
	const end = text.search(/[/\s(;,]/);
	const product = end === -1 ? text : text.slice(0, end);
	return PRODUCTS.get(product.toLowerCase()) ?? nameOf(product.toLowerCase());
}

function nameOf(product: string): string {
	let name = product;
	for (let cuts = 0; cuts < CUTS_MAX; cuts += 1) {
		const cut = name.replace(TRAILING, "").replace(SEPARATORS_AT_END, "");
		if (cut === name) break;
		name = cut;
	}
	if (name.length > NAME_CHARACTERS_MAX || !NAME.test(name)) return OTHER_PROGRAM;
	const family = PRODUCTS.get(name);
	if (family !== undefined) return family;
	const words = name.split(/[._-]+|[0-9]+/).filter((word) => word !== "");
	return words.every((word) => GENERIC.has(word)) ? OTHER_PROGRAM : name;
}
