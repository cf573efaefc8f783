import { rmSync } from 'node:fs';
import { EVIDENCE } from './evidence.ts';

/** Evidence of an earlier run proves nothing about this one. */
export default function clean(): void {
  rmSync(EVIDENCE, { recursive: true, force: true });
}
