/*
 * Prints records as Debian's libtraceevent reads them: the library that trace-cmd and perf read the kernel's events with.
 *
 * Standard input, repeated: a line "F <bytes>" and so many bytes of a format file, or a line "R <bytes>" and so many bytes of a record of
 * the last format. For each record one line of its text is printed.
 */
#include <event-parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	struct tep_handle *tep = tep_alloc();
	struct tep_event *event = NULL;
	char kind;
	int size;

	tep_set_long_size(tep, 4);
	tep_set_file_bigendian(tep, TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(tep, TEP_LITTLE_ENDIAN);
	while (scanf(" %c %d", &kind, &size) == 2) {
		char *bytes = malloc(size + 1);

		getchar();
		if (fread(bytes, 1, size, stdin) != (size_t)size)
			return 1;
		bytes[size] = 0;
		if (kind == 'F') {
			if (tep_parse_format(tep, &event, bytes, size, "test") != 0) {
				printf("unreadable format\n");
				return 1;
			}
		} else {
			struct tep_record record = { .data = bytes, .size = size };
			struct trace_seq text;

			trace_seq_init(&text);
			tep_print_event(tep, &text, &record, "%s", TEP_PRINT_INFO);
			trace_seq_terminate(&text);
			printf("%s\n", text.buffer);
			trace_seq_destroy(&text);
			free(bytes);
		}
	}
	return 0;
}
