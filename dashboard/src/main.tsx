import "@fontsource-variable/geist-mono";
import "@fontsource-variable/inter";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./ui/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Brand } from "./app/brand.tsx";
import { router } from "./app/router.tsx";
import { queries } from "./http/queries.ts";
import { Toaster } from "./ui/toaster.tsx";

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root element");
setNonce(nonce);

createRoot(root).render(
	<StrictMode>
		<QueryClientProvider client={queries}>
			<Brand nonce={nonce}>
				<Toaster />
				<RouterProvider router={router} />
			</Brand>
		</QueryClientProvider>
	</StrictMode>,
);
