/** Every kind of JavaScript value by name, as invalid input. Creates new values on each call. */
export const KINDS: Readonly<Record<string, () => unknown>> = {
	undefined: () => undefined,
	null: () => null,
	true: () => true,
	false: () => false,
	NaN: () => Number.NaN,
	zero: () => 0,
	"a fraction": () => 1.5,
	"a negative number": () => -1,
	"a number": () => 7,
	"a great number": () => 1e21,
	Infinity: () => Number.POSITIVE_INFINITY,
	"a bigint": () => 5n,
	"an empty text": () => "",
	"a text": () => "orders",
	"a text with a control character": () => "orders:read\n",
	"a long text": () => "x".repeat(100_000),
	"a permission": () => "orders:read",
	"a symbol": () => Symbol("orders:read"),
	"an empty list": () => [],
	"a list of permissions": () => ["orders:read", "orders:write"],
	"a list with a hole": () => new Array(2),
	"a list of lists": () => [["orders:read"]],
	"a long list": () => Array.from({ length: 40 }, (_, index) => `orders:read${index}`),
	"a list of its own class": () => new (class extends Array<string> {})(),
	"a list behind a proxy": () => new Proxy(["orders:read"], {}),
	"a Map": () => new Map([["exports", 5]]),
	"a Set": () => new Set(["orders:read"]),
	"a WeakMap": () => new WeakMap(),
	"a Date": () => new Date(0),
	"a RegExp": () => /orders/,
	"an Error": () => new Error("orders"),
	"a Buffer": () => Buffer.from("orders:read"),
	"a promise": () => Promise.resolve("orders:read"),
	"a promise of limits": () => Promise.resolve({ exports: 5 }),
	"a promise that fails": () => Promise.reject(new Error("of a rule")),
	"a boxed text": () => Object("orders:read"),
	"a boxed number": () => Object(5),
	"an instance of a class": () =>
		new (class Rules {
			exports = 5;
			permission = "orders:read";
		})(),
	"an object with a prototype": () => Object.create({ permission: "orders:read", exports: 5 }),
	"an object with a getter": () => ({
		get permission() {
			return "orders:read";
		},
		get exports() {
			return 5;
		},
	}),
	"an object with a hidden getter": () => Object.defineProperty({}, "permission", { get: () => "orders:read" }),
	"an object with a symbol": () => ({ [Symbol("permission")]: "orders:read" }),
	"an object of another name": () => ({ permissions: "orders:read" }),
	"an object of nothing": () => ({ permission: undefined, exports: undefined }),
	"a proxy": () => new Proxy({}, {}),
	"a proxy that throws": () => new Proxy({}, { ownKeys: fail, get: fail, getOwnPropertyDescriptor: fail, getPrototypeOf: fail, has: fail }),
	"a revoked proxy": () => {
		const { proxy, revoke } = Proxy.revocable({}, {});
		revoke();
		return proxy;
	},
	"something to await": () => Object.assign(Object.create(Promise.prototype), {}),
	"a function that gives nothing": () => () => undefined,
	"a function that throws": () => fail,
	"a function that gives rules": () => () => ({ tenant: "acme" }),
	"an asynchronous function": () => async () => "orders:read",
	"an asynchronous function that fails": () => async () => fail(),
	"an asynchronous function of limits": () => async () => ({ exports: 5 }),
	"a generator": () =>
		function* () {
			yield "orders:read";
		},
	"a class": () => class {},
	globalThis: () => globalThis,
};

function fail(): never {
	throw new Error("of a value");
}
