/* The model of two-halves.ts, as SPIN reads it. CORES and CALLS come from the command line. */
#define NONE 0
#define OLD 1

#if CORES == 1
#define ARRIVED (!core[0].pending)
#elif CORES == 2
#define ARRIVED (!core[0].pending && !core[1].pending)
#else
#define ARRIVED (!core[0].pending && !core[1].pending && !core[2].pending)
#endif

typedef Core {
  unsigned cache0 : 2; unsigned cache1 : 2;
  unsigned ahead0 : 2; unsigned ahead1 : 2;
  bit pending; bit stale; bit torn
};

bit data0, data1, unified0, unified1, flag;
Core core[CORES];

/* The data cache writes a half back when it likes. */
active proctype write_back() {
end:
  do
  :: d_step { data0 != unified0 -> unified0 = data0 }
  :: d_step { data1 != unified1 -> unified1 = data1 }
  od
}

/* Instruction caches fill, forget, prefetch and take invalidates when they like. */
active [CORES] proctype cache() {
  byte me = _pid - 1;
end:
  do
  :: d_step { core[me].cache0 == NONE -> core[me].cache0 = unified0 + OLD }
  :: d_step { core[me].cache1 == NONE -> core[me].cache1 = unified1 + OLD }
  :: d_step { core[me].cache0 != NONE -> core[me].cache0 = NONE }
  :: d_step { core[me].cache1 != NONE -> core[me].cache1 = NONE }
  :: d_step { core[me].ahead0 == NONE && core[me].cache0 != NONE -> core[me].ahead0 = core[me].cache0 }
  :: d_step { core[me].ahead1 == NONE && core[me].cache1 != NONE -> core[me].ahead1 = core[me].cache1 }
  :: d_step { core[me].pending -> core[me].pending = 0; core[me].cache0 = NONE; core[me].cache1 = NONE }
  od
}

active [CORES] proctype executor() {
  byte me = _pid - 1 - CORES;
  unsigned half0 : 2; unsigned half1 : 2; unsigned calls : 2 = CALLS; unsigned at : 2;
  bit synchronised;
end:
  do
  :: d_step { at == 0 && flag && !synchronised -> synchronised = 1; core[me].ahead0 = NONE; core[me].ahead1 = NONE }
  :: d_step { at == 0 && core[me].ahead0 != NONE -> half0 = core[me].ahead0; core[me].ahead0 = NONE; at = 1 }
  :: d_step { at == 1 && core[me].ahead1 != NONE -> half1 = core[me].ahead1; core[me].ahead1 = NONE; at = 2 }
  :: d_step {
       at == 2 ->
       if :: half0 != half1 -> core[me].torn = 1 :: else fi;
       if :: synchronised && (half0 == OLD || half1 == OLD) -> core[me].stale = 1 :: else fi;
       half0 = NONE; half1 = NONE; calls--;
       if :: calls == 0 -> at = 3 :: else -> at = 0 fi
     }
  od
}

active proctype patcher() {
  byte i;
  data0 = 1;
  data1 = 1;
  d_step { unified0 = data0; unified1 = data1 };
  d_step { i = 0; do :: i < CORES -> core[i].pending = 1; i++ :: else -> break od; i = 0 };
end3:
  ARRIVED;
  flag = 1;
end4:
  false
}
