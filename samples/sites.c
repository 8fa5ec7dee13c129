/*
 * A small program with the two kinds of patch sites that a Linux kernel has most of: call sites of the function tracer
 * (`-pg`) and static branches (asm goto), with the kernel's tables about them, `__mcount_loc` and `__jump_table`.
 *
 * It stands alone (no libc, two system calls), so that the file stays small and an emulator of the CPU can run it. With
 * every key as built it prints "plain 000000d2"; with trace_key's sites switched it also counts its calls.
 *
 * -DMODULE leaves out what a kernel module does not have: a start, the tracer's entry and the key of another module.
 */

struct static_key {
	int enabled;
};

/* One site: a 4-byte nop or branch, and a table entry of instruction, target and key; bit 0 of the key says "likely". */
#define SITE(insn, key, likely, target)                                                     \
	asm goto("1:\t" insn "\n\t"                                                         \
		 ".pushsection __jump_table, \"aw\"\n\t"                                    \
		 ".balign 4\n\t"                                                            \
		 ".long 1b, %l[" #target "], %c0\n\t"                                       \
		 ".popsection"                                                              \
		 :                                                                          \
		 : "i"((char *)(key) + (likely))                                            \
		 :                                                                          \
		 : target)

#ifdef __thumb__
#define NOP "nop.w"
#define BRANCH(target) "b.w %l[" #target "]"
#else
#define NOP "nop"
#define BRANCH(target) "b %l[" #target "]"
#endif

#define noinline __attribute__((noinline, noclone))
#define inlined static inline __attribute__((always_inline, no_instrument_function))
#define untraced __attribute__((no_instrument_function))
#define init_text __attribute__((section(".init.text")))
#define cold_text __attribute__((section(".text.unlikely")))

/* False as built, out of line when true: the site is a nop and the entry's likely bit is clear. */
inlined int static_branch_unlikely(struct static_key *key)
{
	SITE(NOP, key, 0, taken);
	return 0;
taken:
	return 1;
}

/* True as built: a nop falls into the true block, so the site is a nop and the likely bit is set. */
inlined int static_branch_likely(struct static_key *key)
{
	SITE(NOP, key, 1, not_taken);
	return 1;
not_taken:
	return 0;
}

/* A likely branch of a key that is false as built: the site is a branch. */
inlined int static_branch_likely_off(struct static_key *key)
{
	SITE(BRANCH(not_taken), key, 1, not_taken);
	return 1;
not_taken:
	return 0;
}

struct static_key trace_key = { 0 };
struct static_key fast_key = { 1 };
static struct static_key slow_key = { 0 };
#ifdef MODULE
extern struct static_key other_module_key;
#endif

unsigned int calls;

cold_text noinline void trace_call(unsigned int value)
{
	calls += value;
}

noinline unsigned int square(unsigned int n)
{
	if (static_branch_unlikely(&trace_key))
		trace_call(1);
	return n * n;
}

noinline unsigned int triangle(unsigned int n)
{
	unsigned int sum = 0;

	if (static_branch_likely(&fast_key))
		return (n * (n + 1)) >> 1;
	while (n)
		sum += n--;
	return sum;
}

noinline unsigned int mix(unsigned int a, unsigned int b)
{
	if (static_branch_likely_off(&slow_key))
		a ^= b << 3;
	if (static_branch_unlikely(&trace_key))
		trace_call(2);
	return a + b;
}

noinline unsigned int gather(const unsigned char *bytes, unsigned int n)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (static_branch_unlikely(&trace_key))
			trace_call(bytes[i]);
		sum += bytes[i];
	}
	return sum;
}

init_text noinline unsigned int setup(void)
{
#ifdef MODULE
	if (static_branch_unlikely(&other_module_key))
		trace_call(4);
#endif
	return static_branch_unlikely(&trace_key) ? 3 : 0;
}

static const unsigned char input[] = { 1, 2, 3, 5, 8, 13, 21, 34 };

noinline unsigned int work(void)
{
	return setup() + square(5) + mix(triangle(8), gather(input, sizeof(input))) + triangle(5) + square(4) + 31;
}

#ifndef MODULE
untraced static long system_call(long number, long a, long b, long c)
{
	register long r0 asm("r0") = a;
	register long r1 asm("r1") = b;
	register long r2 asm("r2") = c;
	/* r7 takes the number, but with -pg it is Thumb's frame pointer too: it is moved aside by hand. */
	asm volatile("push {r7}\n\tmov r7, %1\n\tsvc #0\n\tpop {r7}" : "+r"(r0) : "r"(number), "r"(r1), "r"(r2) : "memory");
	return r0;
}

untraced static void print(const char *label, unsigned int value)
{
	char line[16];
	int n = 0;

	while (label[n]) {
		line[n] = label[n];
		n++;
	}
	for (int shift = 28; shift >= 0; shift -= 4)
		line[n++] = "0123456789abcdef"[(value >> shift) & 15];
	line[n++] = '\n';
	system_call(4, 1, (long)line, n);
}

untraced __attribute__((used)) void run(void)
{
	unsigned int result = work();

	print(calls ? "traced " : "plain ", result);
	if (calls)
		print("calls ", calls);
	system_call(1, 0, 0, 0);
}

/* What `bl __gnu_mcount_nc` reaches before a tracer is there: undo the `push {lr}` of the call site and go back. */
asm(".globl _start, __gnu_mcount_nc\n"
    ".type _start, %function\n"
    ".type __gnu_mcount_nc, %function\n"
#ifdef __thumb__
    ".thumb_func\n"
#endif
    "_start: bl run\n"
    ".size _start, . - _start\n"
#ifdef __thumb__
    ".thumb_func\n"
#endif
    "__gnu_mcount_nc: mov ip, lr\n"
    "	pop {lr}\n"
    "	bx ip\n"
    ".size __gnu_mcount_nc, . - __gnu_mcount_nc\n");
#endif
