export const NAME_CHARACTERS_MAX = 200;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

export function validateName(name: string): string | null {
	return name.trim() === "" ? "Write a name." : null;
}

/** Empty: the server generates one. */
export function validateId(id: string): string | null {
	return id.trim() === "" || ID.test(id.trim()) ? null : "Use 1 to 64 letters, digits, _ or -.";
}
