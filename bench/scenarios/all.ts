import { campaign } from './campaign';
import { clicks } from './clicks';
import { isolation } from './isolation';
import { kills } from './kill';
import { loads } from './loads';
import { parked } from './parked';
import type { Scenario } from './scenario';
import { shapes } from './shapes';
import { soak } from './soak';

/** Every scenario, in the order in which they run. */
export const scenarios: Scenario[] = [...loads, ...shapes, ...isolation, parked, clicks, campaign, ...kills, soak];
