//! Which tests failed and what they said, out of the harness's log: nobody should have to open it.

/// Lines of one test's output that are shown.
const LINES_EACH: usize = 40;
/// Tests whose output is shown; of the others the name.
const SHOWN: usize = 12;

/// The failed tests of a log, each with the end of its output; empty when none failed.
pub(super) fn of(log: &str) -> String {
    let failed: Vec<Failed<'_>> = log.split("\nfailures:\n").flat_map(outputs).collect();
    let mut text = String::new();
    for (number, test) in failed.iter().enumerate() {
        text.push_str(&format!("{} failed\n", test.name));
        for line in if number < SHOWN { &test.output[..] } else { &[] } {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

struct Failed<'a> {
    name: &'a str,
    output: Vec<&'a str>,
}

/// A block begins with `---- NAME stdout ----` and ends with the next one or the list of names.
fn outputs(part: &str) -> impl Iterator<Item = Failed<'_>> {
    part.split("---- ").filter_map(|block| {
        let (name, output) = block.split_once(" stdout ----\n")?;
        let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
        let output = lines[lines.len().saturating_sub(LINES_EACH)..].to_vec();
        Some(Failed { name, output })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_are_shown_with_their_output() {
        let log = "test a ... FAILED\n\nfailures:\n\n---- jobs::a stdout ----\n\nthread panicked:\nleft: 1\n\n\
            ---- b stdout ----\nno\n\n\nfailures:\n    jobs::a\n    b\n\ntest result: FAILED. 1 passed; 2 failed\n";
        assert_eq!(of(log), "jobs::a failed\n    thread panicked:\n    left: 1\nb failed\n    no\n");
        assert_eq!(of("test a ... ok\n"), "");
    }
}
