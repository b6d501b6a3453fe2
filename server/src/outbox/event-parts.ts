import Type from "typebox";

export const Time = Type.String({ format: "date-time" });
export const orNull = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);

/** The fields that every event of a key begins with. */
export const key = {
	key_id: Type.String(),
	name: Type.String({ description: "The key's name" }),
	environment: Type.String({ description: "prod, staging or dev" }),
};
export const owner = Type.Object({ name: Type.String(), email: Type.Optional(Type.String()), member_id: Type.Optional(Type.String()) });
export const auto_rotate = orNull(
	Type.Enum(["handover", "self"], { description: "Who replaces it: the responsible person by a link that is mailed to them, or the program itself" }),
);
export const rotation = { ...key, rotation_id: Type.String() };
export const ended = { ...rotation, how: orNull(Type.String({ description: "What ended it" })) };
export const alert = {
	alert_id: Type.String(),
	rule: Type.String({ description: "One of the rules of docs/alerts.md" }),
	key_id: orNull(Type.String({ description: "Null if it is not about one key" })),
	summary: Type.String({ description: "One sentence for people" }),
	count: Type.Integer({ description: "Occurrences so far, such as requests" }),
	raised_at: Time,
};
export const webhook = { webhook_id: Type.String(), url_origin: Type.String({ description: "Scheme, host and port of the URL" }) };

export const KEY = { key_id: "key_4fT2bQm8XcW1vRz7NpLk", name: "prod-order-bot", environment: "prod" };
export const OWNER = { name: "Olivia Owner", email: "olivia@shop.example" };
export const ROTATION = { ...KEY, rotation_id: "rot_9sQw3Lm0Xa7BvC5tYz2K" };

export const ALERT = {
	alert_id: "alt_6Yc1RfVq8Nz3KmXw0BtH",
	rule: "dead_key_presented",
	key_id: KEY.key_id,
	summary: "An ended key of prod-order-bot is still presented",
	count: 1,
	raised_at: "2026-11-30T09:00:00.000Z",
};
