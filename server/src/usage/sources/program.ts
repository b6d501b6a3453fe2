/** Derives the program of a request from its `User-Agent`: a library family or the program's own name. */

export const NO_PROGRAM = "none";
export const OTHER_PROGRAM = "other";

/** Only this much of a `User-Agent` is parsed. */
const AGENT_CHARACTERS_MAX = 256;
const NAME_CHARACTERS_MAX = 40;
/** A name has at most a version, a hash and a UUID appended. */
const CUTS_MAX = 4;

/** First product of a `User-Agent` (RFC 9110, 10.1.5) in lower case → library family. */
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

/** Later products that are more specific than the first. */
const INSIDE: readonly (readonly [RegExp, string])[] = [
	[/powershell\//i, "powershell"],
	[/\baiohttp\//i, "aiohttp"],
	[/\bcfnetwork\//i, "apple"],
	[/\bokhttp\//i, "okhttp"],
];

/** Words of library names. A name that consists of these words alone does not identify a program. */
const GENERIC: ReadonlySet<string> = new Set(
	(
		"agent api async c cli client clients cpp curl default dotnet fetch fetcher go golang http https httpclient httplib http2 java javascript js jdk jvm lib library lua native " +
		"net node nodejs perl php py python request requests rest restclient ruby rust rs sdk simple swift ts typescript unknown urllib user useragent v web"
	).split(" "),
);

const NAME = /^[a-z0-9._-]*[a-z][a-z0-9._-]*$/;
/** A suffix that changes per release or run: a UUID, a hash with a digit, a version with a dot or `v`. A bare number may distinguish programs. */
const TRAILING =
	/(?:^|[._-])(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[a-f]*[0-9])[0-9a-f]{6,64}|v[0-9]+(?:\.[0-9]+)*|[0-9]+(?:\.[0-9]+)+)(?:[._-]?(?:alpha|beta|rc|snapshot|pre|dev)[._-]?[0-9]*)?$/;
const SEPARATORS_AT_END = /[._-]+$/;

/** Families of libraries and tools: unrelated programs share these names. */
export const LIBRARY_FAMILIES: ReadonlySet<string> = new Set([...PRODUCTS.values(), ...INSIDE.map(([, family]) => family)]);

/**
 * The library family of a `User-Agent`, or its first product as the program's name: `order-bot` for `order-bot/1.2`. Matches
 * `[a-z0-9._-]{1,40}`, without trailing version, hash or UUID. `none` without a header; `other` when it has no valid name. The caller must
 * have dropped headers that contain a secret (memo.ts).
 */
export function parseProgram(user_agent: string | null): string {
	const text = user_agent?.slice(0, AGENT_CHARACTERS_MAX).trim() ?? "";
	if (text === "") return NO_PROGRAM;
	for (const [pattern, family] of INSIDE) if (pattern.test(text)) return family;
	const end = text.search(/[/\s(;,]/);
	const product = end === -1 ? text : text.slice(0, end);
	return PRODUCTS.get(product.toLowerCase()) ?? getName(product.toLowerCase());
}

function getName(product: string): string {
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
