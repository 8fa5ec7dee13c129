/*
 * The trace viewer's program: a weather station that never ends. One thread reads sensors and puts samples into a ring, the other one takes
 * them out, smooths and publishes them. Each function has the tracer's call in it (`-pg`); a tracepoint and a fast path are static keys.
 *
 * It stands alone: no libc, one system call to start the second thread.
 */

struct static_key {
	int enabled;
};

#define SITE(key, likely, target)                                                           \
	asm goto("1:\tnop\n\t"                                                              \
		 ".pushsection __jump_table, \"aw\"\n\t"                                    \
		 ".balign 4\n\t"                                                            \
		 ".long 1b, %l[" #target "], %c0\n\t"                                       \
		 ".popsection"                                                              \
		 :                                                                          \
		 : "i"((char *)(key) + (likely))                                            \
		 :                                                                          \
		 : target)

#define noinline __attribute__((noinline, noclone))
#define inlined static inline __attribute__((always_inline, no_instrument_function))
#define untraced __attribute__((no_instrument_function))

inlined int static_branch_unlikely(struct static_key *key)
{
	SITE(key, 0, taken);
	return 0;
taken:
	return 1;
}

struct static_key trace_sample = { 0 };
struct static_key trace_alarm = { 0 };
struct static_key smooth_more = { 0 };

#define RING 16
static volatile unsigned int ring[RING];
static volatile unsigned int head, tail;
static unsigned int seed = 2026;
unsigned int published, alarms;

inlined void barrier(void)
{
	asm volatile("dmb ish" : : : "memory");
}

noinline void note_sample(unsigned int value)
{
	published += value & 1;
}

noinline void note_alarm(unsigned int value)
{
	alarms += value != 0;
}

noinline unsigned int read_adc(unsigned int channel)
{
	seed = seed * 1664525u + 1013904223u + channel;
	return seed >> 20;
}

noinline unsigned int read_temperature(void)
{
	return read_adc(0) & 1023;
}

noinline unsigned int read_wind(void)
{
	return (read_adc(1) + read_adc(2)) & 1023;
}

noinline int ring_put(unsigned int value)
{
	if (head - tail == RING)
		return 0;
	ring[head % RING] = value;
	barrier();
	head = head + 1;
	return 1;
}

noinline int ring_take(unsigned int *value)
{
	if (head == tail)
		return 0;
	barrier();
	*value = ring[tail % RING];
	barrier();
	tail = tail + 1;
	return 1;
}

noinline unsigned int smooth(unsigned int value)
{
	static unsigned int average;
	unsigned int rounds = static_branch_unlikely(&smooth_more) ? 4 : 1;

	while (rounds--)
		average = (7 * average + value) >> 3;
	return average;
}

noinline void raise_alarm(unsigned int value)
{
	if (static_branch_unlikely(&trace_alarm))
		note_alarm(value);
}

noinline void publish(unsigned int value)
{
	if (static_branch_unlikely(&trace_sample))
		note_sample(value);
	if (value > 640)
		raise_alarm(value);
	published++;
}

noinline void measure(void)
{
	while (!ring_put(read_temperature() + read_wind()))
		;
}

noinline void deliver(void)
{
	unsigned int value;

	if (ring_take(&value))
		publish(smooth(value));
}

untraced static void idle(unsigned int turns)
{
	while (turns--)
		asm volatile("nop");
}

untraced __attribute__((used)) void take_forever(void)
{
	for (;;) {
		deliver();
		idle(24);
	}
}

untraced __attribute__((used)) void put_forever(void)
{
	for (;;) {
		measure();
		idle(40);
	}
}

__attribute__((used)) static unsigned char second_stack[4096] __attribute__((aligned(8)));

/* clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, stack, 0, 0, 0) */
asm(".globl _start, __gnu_mcount_nc\n"
    ".type _start, %function\n"
    ".type __gnu_mcount_nc, %function\n"
    "_start:\n"
    "	ldr r0, =0x10f00\n"
    "	ldr r1, =second_stack + 4096\n"
    "	mov r2, #0\n"
    "	mov r3, #0\n"
    "	mov r4, #0\n"
    "	mov r7, #120\n"
    "	svc #0\n"
    "	cmp r0, #0\n"
    "	beq take_forever\n"
    "	b put_forever\n"
    ".ltorg\n"
    ".size _start, . - _start\n"
    "__gnu_mcount_nc: mov ip, lr\n"
    "	pop {lr}\n"
    "	bx ip\n"
    ".size __gnu_mcount_nc, . - __gnu_mcount_nc\n");
