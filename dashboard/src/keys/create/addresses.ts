const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$|\/)|(?=$|\/))){4}(?:\/(?:3[0-2]|[12]?\d))?$/;
const IPV6 = /^[0-9a-f:]{2,39}(?:\/(?:12[0-8]|1[01]\d|[1-9]?\d))?$/i;

/** The error in an address or network (CIDR), or null. The server validates it fully. */
export function validateAddress(text: string): string | null {
	if (IPV4.test(text)) return null;
	const [address = ""] = text.split("/");
	if (IPV6.test(text) && URL.canParse(`http://[${address}]/`)) return null;
	return `"${text}" is no address. Write one such as 203.0.113.7, or a network such as 203.0.113.0/24 or 2001:db8::/32.`;
}
