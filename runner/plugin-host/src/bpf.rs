//! A small assembler of filter programs.

use seccompiler::{BpfProgram, sock_filter};

/// A program, made from its end to its beginning, because jumps lead forward only.
#[derive(Default)]
pub(crate) struct Program {
    reversed: Vec<sock_filter>,
}

/// An instruction to jump to.
#[derive(Clone, Copy)]
pub(crate) struct Label(usize);

impl Program {
    /// Ends the program with this value.
    pub(crate) fn end(&mut self, value: u32) -> Label {
        self.push(libc::BPF_RET | libc::BPF_K, value, 0, 0)
    }

    /// Loads the 32 bits at `offset` of `seccomp_data`, then goes on at `next`, the instruction made last.
    pub(crate) fn load(&mut self, offset: usize, next: Label) -> Label {
        debug_assert_eq!(next.0 + 1, self.reversed.len(), "loading does not jump");
        let offset = u32::try_from(offset).expect("the structure is short");
        self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
    }

    /// Compares what was loaded with `value`: `BPF_JEQ`, `BPF_JGE` or `BPF_JSET`.
    pub(crate) fn branch(&mut self, comparison: u32, value: u32, yes: Label, no: Label) -> Label {
        let (yes, no) = (self.distance(yes), self.distance(no));
        self.push(libc::BPF_JMP | comparison | libc::BPF_K, value, yes, no)
    }

    /// Goes where the number leads, and to `other` when it is none of `cases`, which are sorted.
    pub(crate) fn search(&mut self, cases: &[(u32, Label)], other: Label) -> Label {
        match cases {
            [] => other,
            [(number, found)] => self.branch(libc::BPF_JEQ, *number, *found, other),
            _ => {
                let (low, high) = cases.split_at(cases.len() / 2);
                let (from_high, first) = (self.search(high, other), high[0].0);
                let from_low = self.search(low, other);
                self.branch(libc::BPF_JGE, first, from_high, from_low)
            }
        }
    }

    pub(crate) fn finish(mut self) -> BpfProgram {
        self.reversed.reverse();
        self.reversed
    }

    fn push(&mut self, code: u32, k: u32, jt: u8, jf: u8) -> Label {
        let code = u16::try_from(code).expect("codes have 16 bits");
        self.reversed.push(sock_filter { code, jt, jf, k });
        Label(self.reversed.len() - 1)
    }

    fn distance(&self, to: Label) -> u8 {
        u8::try_from(self.reversed.len() - 1 - to.0).expect("the program is short enough for 8-bit jumps")
    }
}
