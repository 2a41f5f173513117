import assert from "node:assert/strict";
import test from "node:test";
import { canonical, parse } from "../../src/check/json.ts";
import { judge, parseCheckpoint, parseNote, parseVerifier, type Verifier } from "../../src/check/note.ts";
import { MAX_LENGTH, readReceipt } from "../../src/check/receipt.ts";
import { check } from "../../src/check/verify.ts";
import { cosignatureLine, KEY, type Loose, makeKey, makeReceipt, NOW, noteLine, ORIGIN, seal } from "./receipt.ts";

const bytes = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const keysOf = async (...lines: string[]) => (await Promise.all(lines.map(parseVerifier))) as Verifier[];

/** What a receipt comes to, as `verdict` and the checks that did not hold with their reasons. */
async function outcome(receipt: Loose, { keys = [KEY.line], now = NOW } = {}): Promise<string> {
  const read = readReceipt(bytes(receipt));
  if (typeof read === "string") return read;
  const { verdict, findings } = await check(read, await keysOf(...keys), now);
  return [verdict, ...findings.filter(({ result }) => result !== "holds").map((f) => `${f.check}:${f.reason}`)].join(
    " ",
  );
}

/** The receipt with something else in it. */
function changed(path: string, value: unknown, receipt = makeReceipt()): Loose {
  const copy = structuredClone(receipt);
  const names = path.split(".");
  const last = names.pop() as string;
  const place = names.reduce((at: Loose, name) => at[name], copy);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

const noteOf = (text: string, key = KEY) => `${text}\n${noteLine(text, key)}`;

test("a receipt holds at every place of every small log", async () => {
  for (let size = 1; size <= 9; size++)
    for (let index = 0; index < size; index++) assert.equal(await outcome(makeReceipt(index, size)), "holds");
});

test("a receipt from before its checkpoint is the log's word, for as long as it lasts", async () => {
  const promise = makeReceipt(0, 1, "recorded");
  assert.equal(await outcome(promise), "promised inclusion:not_yet checkpoint:not_yet");
  assert.equal(await outcome(promise, { now: NOW + 2e9 }), "partly inclusion:overdue checkpoint:overdue");
  assert.equal(await outcome(makeReceipt(0, 1, "integrated")), "promised inclusion:not_yet checkpoint:not_yet");
  assert.match(await outcome(seal(changed("log.by", null, promise))), /^fails .*incomplete/);
});

const withoutNotice = seal(changed("notice", null));
test("a receipt may be without its notice", async () => {
  assert.equal(await outcome(withoutNotice), "holds notice:no_notice");
});

// What somebody changes who has no key: the signature tells, and what it was about as well.
const tampered: [string, unknown, string][] = [
  ["record.purposes.embeds", true, "signature:changed commitment:changed"],
  ["record.decided_at", "2026-11-23T10:00:00.000002Z", "signature:changed commitment:changed"],
  ["record.subject_id", "somebody", "signature:changed commitment:changed"],
  ["record.note", "more", "signature:changed commitment:changed"],
  ["consent", {}, "signature:changed"],
  ["issued_at", "2026-11-23T10:00:31.000000Z", "signature:changed"],
  ["more", 1, "signature:changed"],
  ["log.salt", Buffer.alloc(32).toString("base64"), "signature:changed commitment:changed"],
  ["log.salt", "x", "signature:changed commitment:malformed"],
  ["notice.html", "<p>Другое</p>", "signature:changed notice:other_notice"],
  ["notice.style", "", "signature:changed notice:other_notice"],
  ["notice.version", "", "signature:changed notice:other_notice"],
  ["notice.content", "{", "signature:changed notice:other_notice"],
  ["notice.locale", "kk", "signature:changed"],
  ["log.index", 4, "signature:changed inclusion:other_root"],
  ["log.index", 11, "signature:changed inclusion:other_root"],
  ["log.index", null, "signature:changed inclusion:incomplete"],
  ["log.size", 12, "signature:changed inclusion:malformed"],
  ["log.proof", [], "signature:changed inclusion:other_root"],
  ["log.proof", ["AAAA"], "signature:changed inclusion:malformed"],
  ["log.checkpoint", null, "signature:changed inclusion:incomplete checkpoint:incomplete"],
  ["log.checkpoint", "no note", "signature:changed inclusion:incomplete checkpoint:malformed"],
  ["log.origin", "other.example/log", "signature:other_key checkpoint:other_origin"],
  ["signature", "a..b", "signature:malformed"],
];
for (const [path, value, expected] of tampered) {
  test(`another ${path} (${JSON.stringify(value)}) is found`, async () => {
    assert.equal(await outcome(changed(path, value)), `fails ${expected}`);
  });
}

test("what the log signed falsely is found by the rest", async () => {
  assert.equal(await outcome(seal(changed("record.purposes.embeds", true))), "fails commitment:changed");
  const proof = makeReceipt().log.proof;
  assert.equal(await outcome(seal(changed("log.proof", [...proof].reverse()))), "fails inclusion:other_root");
  assert.equal(await outcome(seal(changed("log.proof", [...proof, proof[0]]))), "fails inclusion:other_root");
  const fork = noteOf(`${ORIGIN}\n11\n${Buffer.alloc(32).toString("base64")}\n`);
  assert.equal(await outcome(seal(changed("log.checkpoint", fork))), "fails inclusion:other_root");
  const [head, line] = makeReceipt().log.checkpoint.split("\n\n");
  const forged = `${head}\nmore\n\n${line}`;
  assert.equal(await outcome(seal(changed("log.checkpoint", forged))), "fails checkpoint:changed");
  const elsewhere = noteOf(`${makeReceipt().log.checkpoint.split("\n\n")[0].replace(ORIGIN, "other.example")}\n`);
  assert.equal(await outcome(seal(changed("log.checkpoint", elsewhere))), "fails checkpoint:other_origin");
  const statement = Buffer.from(makeReceipt().log.entry, "base64").fill(2, 1, 2).toString("base64");
  assert.equal(await outcome(seal(changed("log.entry", statement))), "fails commitment:malformed inclusion:other_root");
});

test("only keys that are given count, whatever the receipt names", async () => {
  const thief = makeKey(8);
  const made = makeReceipt();
  const text = `${made.log.checkpoint.split("\n\n")[0]}\n`;
  const forged = seal(changed("log.keys", [thief.line], changed("log.checkpoint", noteOf(text, thief), made)), thief);
  assert.equal(await outcome(forged), "partly signature:unknown_key checkpoint:unknown_key");
  assert.equal(await outcome(made, { keys: [] }), "partly signature:unknown_key checkpoint:unknown_key");
  // A key of another log, or a witness's, signs no receipt of this one.
  const other = makeKey(7, "other.example/log");
  assert.match(await outcome(seal(made, other), { keys: [KEY.line, other.line] }), /^fails signature:other_key/);
  const witness = makeKey(7, ORIGIN, 4);
  assert.match(await outcome(seal(made, witness), { keys: [witness.line] }), /^partly signature:unknown_key/);
});

test("a header that asks for more is refused", async () => {
  for (const header of [
    { alg: "none" },
    { alg: "HS256" },
    { typ: "JWT" },
    { crit: ["b64"] },
    { b64: false },
    { kid: 1 },
  ])
    assert.equal(await outcome(seal(makeReceipt(), KEY, header)), "fails signature:malformed");
});

test("who cosigned is told, and a cosignature that does not hold fails", async () => {
  const witness = makeKey(3, "witness.example/w", 4);
  const made = makeReceipt();
  const text = `${made.log.checkpoint.split("\n\n")[0]}\n`;
  const cosigned = seal(changed("log.checkpoint", made.log.checkpoint + cosignatureLine(text, witness, 1764000000)));
  const read = readReceipt(bytes(cosigned)) as Loose;
  const report = await check(read, await keysOf(KEY.line, witness.line), NOW);
  assert.deepEqual([report.verdict, report.witnesses], ["holds", ["witness.example/w"]]);
  assert.deepEqual((await check(read, await keysOf(KEY.line), NOW)).witnesses, []);
  const wrong = seal(
    changed("log.checkpoint", made.log.checkpoint + cosignatureLine(`${text}x\n`, witness, 1764000000)),
  );
  assert.equal(await outcome(wrong, { keys: [KEY.line, witness.line] }), "fails checkpoint:changed");
});

const noReceipts: [string, unknown, string][] = [
  ["nothing", "", "no_receipt"],
  ["no JSON", "receipt", "no_receipt"],
  ["null", null, "no_receipt"],
  ["a list", [makeReceipt()], "no_receipt"],
  ["two of them", `${JSON.stringify(makeReceipt())}{}`, "no_receipt"],
  ["a later version", changed("receipt_version", 2), "other_version"],
  ["a version in words", changed("receipt_version", "1"), "no_receipt"],
  ["no record", changed("record", undefined), "no_receipt"],
  ["purposes in a list", changed("record.purposes", ["analytics"]), "no_receipt"],
  ["answers in words", changed("record.purposes.embeds", "no"), "no_receipt"],
  [
    "a thousand purposes",
    changed("record.purposes", Object.fromEntries([...Array(1000)].map((_, i) => [i, true]))),
    "no_receipt",
  ],
  ["a time without a zone", changed("record.decided_at", "2026-11-23T10:00:00"), "no_receipt"],
  ["a time in a list", changed("record.decided_at", ["2026-11-23T10:00:00Z"]), "no_receipt"],
  ["markup for a notice", changed("notice", "<p>"), "no_receipt"],
  ["an unknown state", changed("log.state", "sure"), "no_receipt"],
  ["a proof without end", changed("log.proof", Array(65).fill("")), "no_receipt"],
  ["a broken index", changed("log.index", 1.5), "no_receipt"],
  ["a negative index", changed("log.index", -1), "no_receipt"],
  ["members that every object has", '{"__proto__":{"receipt_version":1}}', "no_receipt"],
  ["a file that is too long", `"${"x".repeat(MAX_LENGTH)}"`, "too_long"],
  ["lists in lists without end", "[".repeat(1_000_000), "no_receipt"],
  ["objects in objects without end", '{"a":'.repeat(500_000), "no_receipt"],
  ["backslashes without end", `"${"\\".repeat(1_000_000)}`, "no_receipt"],
];
for (const [what, value, expected] of noReceipts) {
  test(`${what} is no receipt`, async () => {
    assert.equal(await outcome(value), expected);
  });
}

test("bytes that are no text are no receipt", () => {
  assert.equal(readReceipt(Uint8Array.of(0x22, 0xff, 0x22)), "no_receipt");
});

test("any byte of a receipt may be broken: it never holds, and nothing throws", async () => {
  const whole = JSON.stringify(makeReceipt());
  // Where a byte says nothing: the key that is only a hint, and is signed.
  for (let i = 0; i < whole.length; i += 7) {
    const other = whole[i] === "1" ? "2" : "1";
    assert.doesNotMatch(await outcome(whole.slice(0, i) + other + whole.slice(i + 1)), /^(holds|promised)/, `${i}`);
  }
});

test("JSON is read as others read it, and written in one way", () => {
  for (const text of ['{"b":[1,-2,true,null],"a":"\\u0416\\n\\u2028\\u007f\\"\\\\"}', " [ ] ", '{"10":1,"9":2,"":0}']) {
    assert.deepEqual(JSON.parse(JSON.stringify(parse(text))), JSON.parse(text));
    const sorted = canonical(parse(text));
    assert.equal(canonical(parse(sorted)), sorted);
  }
  assert.equal(canonical(parse('{"b":"\\u0416","B":1,"a":{"10":1,"9":2}}')), '{"B":1,"a":{"10":1,"9":2},"b":"Ж"}');
});

test("what two readers could take for different things is refused", () => {
  const unclear = [
    '{"a":1,"a":2}',
    "1.0",
    "1e3",
    "9007199254740993",
    '"\\ud800"',
    '{"ж":1}',
    "01",
    "+1",
    "[1,]",
    '{"a":1,}',
    "NaN",
    "'a'",
    '"\n"',
    "\ufeff[]",
    "\u00a0[]",
  ];
  for (const text of unclear) assert.throws(() => parse(text), SyntaxError, text);
});

test("deep, but not too deep", () => {
  assert.doesNotThrow(() => parse("[".repeat(40) + "]".repeat(40)));
  assert.throws(() => parse("[".repeat(50) + "]".repeat(50)), SyntaxError);
});

test("key lines are read strictly", async () => {
  assert.equal((await parseVerifier(` ${KEY.line}\n`))?.name, ORIGIN);
  const [name, id, key] = KEY.line.split(/\+(.{8})\+/) as [string, string, string];
  for (const line of [
    "",
    name,
    `${name}+${id}`,
    `${name}+00000000+${key}`,
    `a ${KEY.line}`,
    `${name}+${id.toUpperCase()}+${key}`,
    `${KEY.line}=`,
  ])
    assert.equal(await parseVerifier(line), undefined, line);
  assert.equal(await parseVerifier(makeKey(1, ORIGIN, 9).line), undefined);
});

test("notes and checkpoints are read strictly", async () => {
  const text = `${ORIGIN}\n3\n${Buffer.alloc(32).toString("base64")}\n`;
  const note = parseNote(noteOf(text));
  assert.equal(note?.text, text);
  assert.equal(parseCheckpoint(text)?.size, 3);
  const signed = await judge(note as Loose, await keysOf(KEY.line));
  assert.deepEqual([signed.holds, signed.by.length], [true, 1]);
  for (const broken of [
    "",
    text,
    `${text}\n`,
    noteOf(text).slice(0, -1),
    noteOf(text).replace("\u2014", "-"),
    `${noteOf(text)}\n`,
    noteOf(text.replace("\n3", "\r\n3")),
    noteOf(`${"x".repeat(70_000)}\n`),
    `${text}\n${noteLine(text, KEY).repeat(101)}`,
  ])
    assert.equal(parseNote(broken), undefined, broken.slice(0, 80));
  for (const broken of [
    "a\n3\n",
    text.replace("\n3\n", "\n03\n"),
    text.replace("\n3\n", "\n-3\n"),
    text.replace("=", ""),
    text.slice(0, -1),
    `${text}\n`,
  ])
    assert.equal(parseCheckpoint(broken), undefined, broken);
  assert.equal(parseCheckpoint(`${text}more\n`)?.size, 3);
});
