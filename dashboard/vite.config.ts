import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev -w dashboard` finds the server that answers `/api`. */
const SERVER = "http://127.0.0.1:8787";

/** Parts of forms that no page needs before it opens one. */
const FORMS =
	/@mantine\/form|react-number-format|components\/(?:NumberInput|MultiSelect|TagsInput|Textarea|Autocomplete|Pill|PillsInput|Tabs|Code)\/|src\/keys\/(?:create|edit|snippets|show-once(?!\/places))\//;

/** Shown by several pages, and not by the list of keys, which comes first. */
const LATER = /src\/(?:audit|alerts)\//;

export default defineConfig({
	plugins: [react()],
	// The server puts the nonce of each response into the page's meta element; everything else is a file of its own.
	build: {
		manifest: true,
		sourcemap: false,
		target: "es2023",
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		// What several pages share is one file, and what only forms need is another: a page that asks for fifty small ones waits for fifty responses,
		// and the list of keys does not wait for forms.
		chunkSizeWarningLimit: 600,
		rolldownOptions: {
			output: {
				codeSplitting: {
					includeDependenciesRecursively: false,
					groups: [
						{ name: "shared", minShareCount: 4, priority: 2, test: (id: string) => !FORMS.test(id) && !LATER.test(id) },
						{ name: "forms", minShareCount: 2, priority: 1, test: FORMS },
					],
				},
			},
		},
	},
	server: { host: "127.0.0.1", port: 5173, proxy: { "/api": { target: SERVER, changeOrigin: false } } },
});
