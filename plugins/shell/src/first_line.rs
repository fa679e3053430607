//! The `#!` line of a script.
//!
//! It is read here and not by the kernel: then a script needs no execute permission and may lie on a file system that
//! allows none, and an error can name the interpreter, of which the kernel says only that something was not found.

/// The longest first line that is looked at. The kernel looks at 256 bytes (`BINPRM_BUF_SIZE`).
pub(crate) const LONGEST: usize = 4096;

/// What the beginning of a file says about how to run it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FirstLine {
    /// The interpreter, and at most one argument for it, as execve(2) takes the line apart.
    Interpreter(Vec<String>),
    /// It names none.
    Plain,
    /// It is a machine program, which needs none.
    Program,
    /// The line ends as Windows ends lines; the kernel would take the carriage return for a part of the name.
    CarriageReturn,
}

impl FirstLine {
    /// Reads the beginning of a script, of which [`LONGEST`] bytes are enough.
    pub(crate) fn of(beginning: &[u8]) -> Self {
        if beginning.starts_with(b"\x7fELF") {
            return Self::Program;
        }
        let Some(rest) = beginning.strip_prefix(b"#!") else { return Self::Plain };
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if line.ends_with(b"\r") {
            return Self::CarriageReturn;
        }
        let line = String::from_utf8_lossy(line);
        let blank = [' ', '\t'];
        let (interpreter, argument) = match line.trim_matches(blank).split_once(blank) {
            Some((interpreter, argument)) => (interpreter, argument.trim_matches(blank)),
            None => (line.trim_matches(blank), ""),
        };
        let words = [interpreter, argument].into_iter().filter(|word| !word.is_empty());
        let words: Vec<String> = words.map(str::to_owned).collect();
        if words.is_empty() { Self::Plain } else { Self::Interpreter(words) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(text: &str) -> Vec<String> {
        match FirstLine::of(text.as_bytes()) {
            FirstLine::Interpreter(words) => words,
            other => panic!("{text:?} is {other:?}"),
        }
    }

    /// execve(2), "Interpreter scripts": the rest of the line is one argument.
    #[test]
    fn what_follows_the_interpreter_is_one_argument() {
        assert_eq!(interpreter("#!/bin/bash\necho"), ["/bin/bash"]);
        assert_eq!(interpreter("#! /bin/bash -eu -o pipefail \n"), ["/bin/bash", "-eu -o pipefail"]);
        assert_eq!(interpreter("#!\t/usr/bin/env\tpython3"), ["/usr/bin/env", "python3"]);
    }

    #[test]
    fn other_beginnings_name_none() {
        for text in ["", "#!", "#! \t\necho", "echo\n#!/bin/bash", "# !/bin/bash", " #!/bin/bash"] {
            assert_eq!(FirstLine::of(text.as_bytes()), FirstLine::Plain, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_work_is_told_apart() {
        assert_eq!(FirstLine::of(b"#!/bin/bash\r\necho\r\n"), FirstLine::CarriageReturn);
        assert_eq!(FirstLine::of(b"\x7fELF\x02\x01"), FirstLine::Program);
    }
}
