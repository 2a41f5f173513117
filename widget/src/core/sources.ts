/** Whether *source* of a policy lets a page at *page* load *url* (CSP level 3, 6.7.2.8), as far as our policies go. */
export function covers(source: string, url: URL, page: Pick<Location, "origin" | "protocol">): boolean {
  if (source === "'self'") return url.origin === page.origin;
  if (/^[a-z]+:$/.test(source)) return url.protocol === source;
  const [, scheme = page.protocol, wild, host, port = ""] =
    /^(?:(https?:)\/\/)?(\*\.)?([^/:]+)(?::(\d+))?$/.exec(source) ?? [];
  if (!host) return false;
  const usual = url.protocol === "https:" ? "443" : "80";
  return (
    (url.protocol === scheme || (scheme === "http:" && url.protocol === "https:")) &&
    (wild ? url.hostname.endsWith(`.${host}`) : url.hostname === host) &&
    (url.port || usual) === (port || usual)
  );
}
