        .syntax unified
start:  mov r0, #0
loop:   add r0, r0, #1
        cmp r0, #10
        bne loop
        ldr r1, =0x12345678
        bx lr
