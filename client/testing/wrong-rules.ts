/** Invalid rules objects and rules that can never be valid, by name: creating a guard with any of them must throw. */
export const WRONG_RULES: Readonly<Record<string, unknown>> = {
	undefined: undefined,
	null: null,
	"a function that gives rules": () => ({ tenant: "acme" }),
	"a list": [],
	"a number": 5,
	"a text": "orders:read",
	"a Map": new Map([["tenant", "acme"]]),
	"a promise": Promise.resolve({ tenant: "acme" }),
	"a getter": {
		get tenant() {
			return "acme";
		},
	},
	"a prototype": Object.create({ tenant: "acme" }),
	"a misspelt rule": { permissions: "orders:read" },
	"an undefined rule": { tenant: undefined },
	"a permission without an action": { permission: "orders" },
	"a permission in capitals": { permission: ["orders:read", "Orders:Write"] },
	"no permission": { permission: [] },
	"40 permissions": { permission: Array.from({ length: 40 }, (_, index) => `orders:p${index}`) },
	"a capability with a space": { capability: "Foo Bar" },
	"a tenant that no id looks like": { tenant: "acme/orders" },
	"a site that no id looks like": { site: "a".repeat(65) },
	"a cost of nothing": { cost: 0 },
	"a cost in text": { cost: "5" },
	"limits that come later": { limits: Promise.resolve({ exports: 5 }) },
	"limits in a Map": { limits: new Map([["exports", 5]]) },
	"limits in a Date": { limits: new Date(0) },
	"limits of a class": {
		limits: new (class Limits {
			exports = 5;
		})(),
	},
	"a limit in capitals": { limits: { Exports: 5 } },
	"budgets in a list": { budgets: [["credits", 5]] },
	"budgets that come later": { budgets: Promise.resolve({ credits: 5 }) },
	"budgets of another name": { budget: { credits: 5 } },
	"a budget in capitals": { budgets: { Credits: 5 } },
	"a negative cost in a budget": { budgets: { credits: -1 } },
	"a fraction of a budget": { budgets: { credits: 0.5 } },
	"more than a question may cost": { budgets: { credits: 1_000_001 } },
	"five budgets": { budgets: { a: 1, b: 1, c: 1, d: 1, e: 1 } },
};

/** The names of those that `make` accepts; expected to be empty. */
export function acceptedRules(make: (rules: never) => unknown): string[] {
	return Object.entries(WRONG_RULES).flatMap(([name, rules]) => {
		try {
			Reflect.apply(make, undefined, [rules]);
			return [name];
		} catch (error) {
			return error instanceof TypeError ? [] : [`${name}: ${error}`];
		}
	});
}
