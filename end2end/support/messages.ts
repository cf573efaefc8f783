/** The messages of a viewer's workflow, as the view has them, and as the simulator's journal does. */
import { expect } from '@playwright/test';
import type { Device } from './device.ts';

export interface Field {
  name: string;
  value: { kind: string; value?: string };
}

export interface Message {
  id: number;
  traceparent: string;
  act: string;
  method: string;
  url: string;
  outcome: { outcome: string; status?: number; code?: number } | null;
  asked: Field[];
  answered: Field[];
  noted: Field[];
}

export interface Episode {
  occasion: { occasion: string; title: string };
  messages: Message[];
}

interface Workflow {
  runs: { cookie: string }[];
  episodes: Episode[];
}

async function workflow({ page, shop }: Device, query = ''): Promise<Workflow> {
  const answer = await page.request.get(`${shop.url}/workflow/messages${query}`);
  expect(answer.ok()).toBe(true);
  return (await answer.json()) as Workflow;
}

/** What happened in the newest run. */
export async function episodes(device: Device): Promise<Episode[]> {
  return (await workflow(device)).episodes;
}

/** The messages of the newest run. */
export async function messages(device: Device): Promise<Message[]> {
  return (await episodes(device)).flatMap((episode) => episode.messages);
}

/** Every call to ExpressPlay is in one of the viewer's runs as its journal has it, with the cookie
 * and the device that it carried and what came of it, and no other is. A browser tells of its own a
 * moment later. */
export async function expectAsJournalled(device: Device): Promise<void> {
  await expect(async () => {
    const { runs } = await workflow(device);
    const whole = runs.map(({ cookie }) => workflow(device, `?run=${cookie}&whole=true`));
    const all = (await Promise.all(whole)).flatMap((run) => run.episodes);
    const told = all
      .flatMap((episode) => episode.messages)
      .filter((message) => message.url.startsWith('http'))
      .map(({ traceparent, method, url, outcome, asked }) => {
        const carried = (kind: string) => asked.find(({ value }) => value.kind === kind)?.value.value ?? null;
        const came = outcome?.outcome === 'refused' ? outcome.code : (outcome?.outcome ?? 'pending');
        const call = [traceparent, method, new URL(url).pathname];
        return [...call, carried('cookie'), carried('device'), came];
      });
    // The shop asks ExpressPlay whether it is there, on nobody's behalf, for the records of no cookie.
    const journal = await device.shop.expressPlay.journal.find();
    const kept = journal
      .filter((entry) => entry.call !== 'records' || entry.cookie || entry.traceparent)
      .map((entry) => {
        const call = [entry.traceparent, entry.method, entry.path];
        // A licence request has its cookie by its token, and carries none.
        const cookie = entry.call === 'license' ? null : entry.cookie;
        return [...call, cookie, entry.device, entry.errorCode ?? entry.outcome];
      });
    expect(told.sort()).toEqual(kept.sort());
  }).toPass({ timeout: 20_000 });
}
