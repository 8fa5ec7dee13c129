// What the page offers to switch; the programs and probes themselves are the worker's, and a test compares the two.

export const KEY_CHOICES: readonly string[] = ["trace_sample", "trace_alarm", "smooth_more"];

/** Names of the probes' events. */
export const PROBE_CHOICES: readonly string[] = ["value", "alarm", "adc"];
