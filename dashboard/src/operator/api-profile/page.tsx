import { Box } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page } from "../../ui/page.tsx";
import { ProfileForm } from "./form.tsx";
import { ProfilePreview } from "./preview.tsx";
import { apiProfileQuery } from "./queries.ts";
import { type ProfileValues, valuesFrom } from "./values.ts";
import "./profile.css";

/** The operator's API as integrators and tenants see it, with a preview that follows each keystroke. */
export default function ApiProfilePage() {
	const { data: profile } = useSuspenseQuery(apiProfileQuery);
	const [values, setValues] = useState<ProfileValues>(() => valuesFrom(profile));
	return (
		<Page title="API profile" lead="What your API is called and where it is. Pages, mails, code examples and errors use it.">
			<Box className="kw-profile">
				<ProfileForm initial={valuesFrom(profile)} onValues={setValues} />
				<ProfilePreview values={values} current={profile} />
			</Box>
		</Page>
	);
}
