/** What the key list says of use: read by rooms to the right, with nothing to decide in between. */
export { type KeyActivity, keyActivity, type SecretActivity, secretActivity, usage24h } from "./activity-store.ts";
