import { List } from "@mantine/core";

/** A dialog names this many clients; its buttons must not be below a list of sixty. The page names all. */
export const CLIENTS_SHOWN_MAX = 5;

/** The last entry of a dialog's list: how many of all `clients` it does not name. */
export function OtherClients({ clients }: { clients: number }) {
	const more = clients - CLIENTS_SHOWN_MAX;
	return more > 0 ? <List.Item>and {more === 1 ? "1 other client" : `${more} other clients`}</List.Item> : null;
}
