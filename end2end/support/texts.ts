/** Every text of the shop, in both languages, from the files that it is made of. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

interface Group {
  [key: string]: string | Group;
}

function flat(group: Group, prefix = ''): [string, string][] {
  return Object.entries(group).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + name, value]] : flat(value, `${prefix}${name}.`),
  );
}

const read = (language: string) =>
  new Map(flat(JSON.parse(file(`app/locales/${language}.json`)) as Group));
const english = read('en');
const swedish = read('sv');

const titles = file('media/catalogue.toml').split('[[title]]').slice(1);
/** The films' names, which no language changes. */
const names = titles.flatMap((title) => /^name = "(.*)"$/m.exec(title)?.[1] ?? []);

/** What the catalogue says of its titles: English first, and then `[title.sv]`. */
function catalogue(): { english: string[]; swedish: string[] } {
  const told = (part: string) =>
    [...part.matchAll(/^(?:tagline|synopsis|genre|poster_alt) = "(.*)"$/gm)].map((m) => m[1]);
  const parts = titles.map((title) => title.split('[title.sv]').map(told));
  return { english: parts.flatMap(([en]) => en), swedish: parts.flatMap(([, sv]) => sv) };
}

/** What stands around the values in a text, where it has letters. */
function fragments(text: string): string[] {
  return text
    .split(/\{\{.*?\}\}/)
    .map((part) => part.replace(/^[^\p{L}\d]+|[^\p{L}\d]+$/gu, ''))
    .filter((part) => /\p{L}{2}/u.test(part));
}

/** Says which English texts stand in a page's words, of those that Swedish says differently. */
export function englishIn(words: string): string[] {
  const apart = names.reduce((rest, name) => rest.replaceAll(name, ''), words);
  const { english: told, swedish: alsoTold } = catalogue();
  const ours = [...english].filter(([key]) => key !== 'language.name').map(([, text]) => text);
  const alike = new Set([...swedish.values(), ...alsoTold].flatMap(fragments));
  const texts = new Set([...ours, ...told].flatMap(fragments).filter((text) => !alike.has(text)));
  return [...texts].filter((text) => {
    const literal = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`, 'u').test(apart);
  });
}
