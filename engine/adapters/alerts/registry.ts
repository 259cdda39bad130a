import type { AlertService } from '../../../constructs/canary-spec.ts';
import { discord } from './discord.ts';
import { gchat } from './gchat.ts';
import { msteams } from './msteams.ts';
import { rocket } from './rocket.ts';
import type { ServiceFormat } from './service.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

/** Every service that alerts can be sent to, by its `type`. */
export const SERVICE_FORMATS: Readonly<Record<AlertService, ServiceFormat>> = {
  slack,
  msteams,
  discord,
  rocket,
  gchat,
  webhook,
};
