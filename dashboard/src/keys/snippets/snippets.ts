import { phpQuoted, plain, quoted, quotedWhole, shellQuoted } from "./literals.ts";

/** Input of a snippet. Operators and tenants write it, so none of it is trusted. */
export interface SnippetFacts {
	readonly product_name: string;
	/** Without a trailing slash. */
	readonly api_base_url: string;
	readonly check_request: { readonly method: "GET" | "HEAD" | "POST"; readonly path: string };
	readonly tenant_id: string;
}

export interface Snippet {
	readonly language: string;
	readonly label: string;
	/** The file name to save and run it under. */
	readonly file: string;
	readonly text: string;
}

const VARIABLE_CHARACTERS_MAX = 48;

/** The environment variable for the key, named after the product: `ACME_API_KEY`. Letters, digits and underscores, no digit first. */
export function variableName(product_name: string): string {
	const slug = product_name
		.normalize("NFKD")
		.replace(/\p{M}+/gu, "")
		.toUpperCase()
		.replace(/[^A-Z0-9]+/g, "_")
		.slice(0, VARIABLE_CHARACTERS_MAX)
		.replace(/^_+|_+$/g, "")
		.replace(/(?:^|_)API(?:_KEYS?)?$/, "");
	if (slug === "") return "API_KEY";
	return /^\d/.test(slug) ? `API_${slug}_KEY` : `${slug}_API_KEY`;
}

/** The request that tries a new key. */
export function checkUrl(facts: SnippetFacts): string {
	return facts.api_base_url + facts.check_request.path.replaceAll("{tenant_id}", encodeURIComponent(facts.tenant_id));
}

interface Parts {
	readonly url: string;
	readonly method: SnippetFacts["check_request"]["method"];
	readonly variable: string;
	readonly success: string;
}

function curl({ url, method, variable, success }: Parts): string {
	const verb = method === "GET" ? "" : method === "HEAD" ? " --head" : " --request POST";
	return `curl --silent --show-error --fail-with-body${verb} \\
  --header "X-API-Key: $${variable}" \\
  ${shellQuoted(url)} \\
  && printf '\\n%s\\n' ${shellQuoted(success)}
`;
}

function javascript({ url, method, variable, success }: Parts): string {
	return `// check.mjs: run with Node 18 or later, on your server. Never in a browser or an app.
const response = await fetch(${quoted(url)}, {
  method: "${method}",
  headers: { "X-API-Key": process.env.${variable} ?? "", Accept: "application/json" },
});

if (response.ok) {
  console.log(${quoted(success)});
} else {
  const problem = await response.json().catch(() => ({}));
  console.error(\`\${response.status} \${problem.code ?? ""}: \${problem.detail ?? response.statusText}\`);
  process.exitCode = 1;
}
`;
}

function python({ url, method, variable, success }: Parts): string {
	return `# check.py: Python 3, nothing to install
import json, os, sys, urllib.error, urllib.request

request = urllib.request.Request(
    ${quotedWhole(url)},
    method="${method}",
    headers={"X-API-Key": os.environ.get("${variable}", ""), "Accept": "application/json"},
)

try:
    with urllib.request.urlopen(request, timeout=10):
        print(${quotedWhole(success)})
except urllib.error.HTTPError as refused:
    try:
        problem = json.load(refused)
    except ValueError:
        problem = {}
    sys.exit(f"{refused.code} {problem.get('code', '')}: {problem.get('detail', refused.reason)}")
`;
}

function php({ url, method, variable, success }: Parts): string {
	return `<?php
// check.php: PHP 8, no extension needed
$context = stream_context_create(['http' => [
    'method' => '${method}',
    'header' => ['X-API-Key: ' . getenv('${variable}'), 'Accept: application/json'],
    'ignore_errors' => true,
    'timeout' => 10,
]]);
$body = file_get_contents(${phpQuoted(url)}, false, $context);
if ($body === false) {
    exit(1);
}

$status = (int) explode(' ', $http_response_header[0])[1];
if ($status >= 200 && $status < 300) {
    echo ${phpQuoted(success)}, PHP_EOL;
} else {
    $problem = json_decode($body, true) ?? [];
    fwrite(STDERR, $status . ' ' . ($problem['code'] ?? '') . ': ' . ($problem['detail'] ?? '') . PHP_EOL);
    exit(1);
}
`;
}

function go({ url, method, variable, success }: Parts): string {
	return `// check.go: go run check.go
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	request, err := http.NewRequest("${method}", ${quotedWhole(url)}, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("X-API-Key", os.Getenv("${variable}"))
	request.Header.Set("Accept", "application/json")

	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()

	if response.StatusCode >= 200 && response.StatusCode < 300 {
		fmt.Println(${quotedWhole(success)})
		return
	}
	var problem struct{ Code, Detail string }
	_ = json.NewDecoder(response.Body).Decode(&problem)
	fmt.Fprintf(os.Stderr, "%d %s: %s\\n", response.StatusCode, problem.Code, problem.Detail)
	os.Exit(1)
}
`;
}

function csharp({ url, method, variable, success }: Parts): string {
	return `// Program.cs: .NET 8, in a console project
using System.Text.Json;

using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
using var request = new HttpRequestMessage(new HttpMethod("${method}"), ${quoted(url)});
request.Headers.TryAddWithoutValidation("X-API-Key", Environment.GetEnvironmentVariable("${variable}"));
request.Headers.TryAddWithoutValidation("Accept", "application/json");

using var response = await client.SendAsync(request);
if (response.IsSuccessStatusCode)
{
    Console.WriteLine(${quoted(success)});
    return 0;
}

var body = await response.Content.ReadAsStringAsync();
var problem = body.StartsWith('{') ? JsonDocument.Parse(body).RootElement : default;
string Member(string name) => problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty(name, out var value) ? value.ToString() : "";
Console.Error.WriteLine($"{(int)response.StatusCode} {Member("code")}: {Member("detail")}");
return 1;
`;
}

function java({ url, method, variable, success }: Parts): string {
	return `// Check.java: run with "java Check.java" (Java 11 or later)
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

public class Check {
    public static void main(String[] arguments) throws Exception {
        var key = System.getenv().getOrDefault("${variable}", "");
        var request = HttpRequest.newBuilder(URI.create(${quoted(url)}))
            .method("${method}", BodyPublishers.noBody())
            .header("X-API-Key", key)
            .header("Accept", "application/json")
            .timeout(Duration.ofSeconds(10))
            .build();
        var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());

        if (response.statusCode() / 100 == 2) {
            System.out.println(${quoted(success)});
        } else {
            // The body is a problem: its "code" and "detail" say what is wrong.
            System.err.println(response.statusCode() + " " + response.body());
            System.exit(1);
        }
    }
}
`;
}

const LANGUAGES = [
	{ language: "curl", label: "curl", file: "check.sh", write: curl },
	{ language: "javascript", label: "JavaScript", file: "check.mjs", write: javascript },
	{ language: "python", label: "Python", file: "check.py", write: python },
	{ language: "php", label: "PHP", file: "check.php", write: php },
	{ language: "go", label: "Go", file: "check.go", write: go },
	{ language: "csharp", label: "C#", file: "Program.cs", write: csharp },
	{ language: "java", label: "Java", file: "Check.java", write: java },
] as const;

/** A complete connectivity check in each language. Reads the key from an environment variable; never contains it. */
export function getSnippets(facts: SnippetFacts): readonly Snippet[] {
	const parts: Parts = {
		url: checkUrl(facts),
		method: facts.check_request.method,
		variable: variableName(facts.product_name),
		success: `${plain(facts.product_name)} accepted this key.`,
	};
	return LANGUAGES.map(({ write, ...language }) => ({ ...language, text: write(parts) }));
}

/** One line of a `.env` file. A raw key has no characters that need quotes. */
export function envLine(product_name: string, raw_key: string): string {
	return `${variableName(product_name)}=${raw_key}\n`;
}
