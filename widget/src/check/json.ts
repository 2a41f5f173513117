/**
 * JSON as receipts have it, read in one way only: what two readers could take for different things is refused. Names are
 * ASCII and stand once, numbers are whole and fit a double, texts are Unicode, and the nesting has an end.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** How deep a receipt may be nested. Ours are nested eight deep. */
const DEPTH = 40;

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null|(?:0|-?[1-9][0-9]{0,15})(?![0-9.eE])/y;

/** Returns what *text* says. Throws a `SyntaxError` where it is no JSON of this form. */
export function parse(text: string): Json {
  let at = 0;

  function fail(): never {
    throw new SyntaxError(`Unexpected at ${at}.`);
  }

  function take(pattern: RegExp): string {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? fail();
    at += found.length;
    return found;
  }

  /** Takes *mark* and the space behind it, if it comes next. */
  function meets(mark: string): boolean {
    if (text[at] !== mark) return false;
    at++;
    take(SPACE);
    return true;
  }

  function readText(): string {
    const start = at;
    let escapes: number;
    do {
      at = text.indexOf('"', at + 1);
      if (at < 0) fail();
      escapes = 0;
      while (text[at - 1 - escapes] === "\\") escapes++;
    } while (escapes % 2);
    const found: string = JSON.parse(text.slice(start, ++at));
    // Half of a pair has no bytes.
    if (/\p{Surrogate}/u.test(found)) fail();
    return found;
  }

  function read(depth: number): Json {
    if (depth > DEPTH) fail();
    const found = readValue(depth);
    take(SPACE);
    return found;
  }

  function readValue(depth: number): Json {
    if (text[at] === '"') return readText();
    if (meets("[")) {
      const list: Json[] = [];
      if (meets("]")) return list;
      do list.push(read(depth + 1));
      while (meets(","));
      return meets("]") ? list : fail();
    }
    if (meets("{")) {
      // Without a prototype: a member may have any name.
      const members: Record<string, Json> = Object.create(null);
      if (meets("}")) return members;
      do {
        if (text[at] !== '"') fail();
        const name = readText();
        if (name in members || /[^\0-\x7f]/.test(name)) fail();
        take(SPACE);
        if (!meets(":")) fail();
        members[name] = read(depth + 1);
      } while (meets(","));
      return meets("}") ? members : fail();
    }
    const value = JSON.parse(take(LITERAL)) as Json;
    return typeof value === "number" && !Number.isSafeInteger(value) ? fail() : value;
  }

  take(SPACE);
  const value = read(0);
  return at === text.length ? value : fail();
}

/** Returns the one way to write *value*: sorted names, no spaces (RFC 8785, for what `parse` takes). */
export function canonical(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = value as { readonly [name: string]: Json };
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(members[name] as Json)}`).join()}}`;
}
