/** Where a raw key may be kept, as its owner says. */
export const PLACES = [
	{ place: "secret_manager", label: "Secret manager", means: "Vault, AWS or Google Secret Manager, 1Password, …" },
	{ place: "ci_variable", label: "Protected CI/CD variable", means: "Masked in logs, only for protected branches" },
	{ place: "server_environment", label: "Server environment variable", means: "Set by whatever starts the server" },
	{ place: "encrypted_configuration", label: "Encrypted configuration", means: "SOPS, sealed secrets, Ansible Vault, …" },
	{ place: "other", label: "Somewhere else", means: "Not in code, chats, tickets or screenshots" },
] as const;
export type Place = (typeof PLACES)[number]["place"];

/** "Secret manager"; an unknown place is shown as it is. */
export function formatPlace(place: string): string {
	return PLACES.find((known) => known.place === place)?.label ?? place;
}
