import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev -w dashboard` finds the server that answers `/api`. */
const SERVER = "http://127.0.0.1:8787";

export default defineConfig({
	plugins: [react()],
	// The server puts the nonce of each response into the page's meta element; everything else is a file of its own.
	build: {
		manifest: true,
		sourcemap: false,
		target: "es2023",
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		// What several pages share is one file: a page that asks for fifty small ones waits for fifty responses.
		chunkSizeWarningLimit: 600,
		rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 3 }] } } },
	},
	server: { host: "127.0.0.1", port: 5173, proxy: { "/api": { target: SERVER, changeOrigin: false } } },
});
