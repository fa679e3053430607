//! What a page has between its fences.

/// Something to be done.
#[derive(Debug)]
pub(crate) enum Act {
    /// A file to be written: a block whose first line is a comment that is its name.
    File { name: String, text: String },
    /// A line of a `console` block, and the lines that it prints. None: the page does not show them.
    Command { line: String, prints: Vec<String> },
}

/// The acts of a page in their order. Blocks of other kinds without a name are pictures.
pub(crate) fn acts(page: &str) -> Vec<Act> {
    let mut acts = Vec::new();
    for (kind, text) in blocks(page) {
        match (kind, text.lines().next().and_then(file_name)) {
            ("console", _) => acts.extend(commands(text)),
            // JSON has no comments.
            ("json", Some(name)) => acts.push(file(name, text.split_once('\n').unwrap_or_default().1)),
            (_, Some(name)) => acts.push(file(name, text)),
            _ => {}
        }
    }
    acts
}

/// The blocks of a kind that are no files.
pub(crate) fn unnamed<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let is_one = |text: &str| text.lines().next().and_then(file_name).is_none();
    blocks(page).filter(|(of, text)| *of == kind && is_one(text)).map(|(_, text)| text).collect()
}

/// Each with its kind.
fn blocks(page: &str) -> impl Iterator<Item = (&str, &str)> {
    page.split("\n```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap_or((block, "")))
}

fn file(name: &str, text: &str) -> Act {
    Act::File { name: name.to_owned(), text: format!("{text}\n") }
}

fn file_name(line: &str) -> Option<&str> {
    line.strip_prefix("# ")
        .or_else(|| line.strip_prefix("// "))
        .filter(|name| name.contains('.') && !name.contains(' '))
}

/// A line that ends with `\` goes on in the next.
fn commands(block: &str) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), acts.last_mut()) {
            (Some(line), _) => acts.push(Act::Command { line: line.to_owned(), prints: Vec::new() }),
            (None, Some(Act::Command { line: command, prints })) => {
                if command.ends_with('\\') {
                    *command += "\n";
                    *command += line;
                } else {
                    prints.push(line.to_owned());
                }
            }
            _ => panic!("a `console` block begins with a command: {line}"),
        }
    }
    acts
}

/// Whether lines are those that the page says. Frames of tables and blanks do not count; `...` stands for any text, and alone on
/// its line for any lines.
pub(crate) fn is_printed(prints: &[String], printed: &[String]) -> bool {
    let clean = |lines: &[String]| lines.iter().map(|line| plain(line)).filter(|line| !line.is_empty()).collect();
    let (prints, printed): (Vec<String>, Vec<String>) = (clean(prints), clean(printed));
    fits(&prints, &printed)
}

fn plain(line: &str) -> String {
    let unframed: String = line.chars().map(|c| if ('\u{2500}'..='\u{257f}').contains(&c) { ' ' } else { c }).collect();
    unframed.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fits(prints: &[String], printed: &[String]) -> bool {
    match prints {
        [] => printed.is_empty(),
        [any, rest @ ..] if any == "..." => (0..=printed.len()).any(|from| fits(rest, &printed[from..])),
        [first, rest @ ..] => printed.first().is_some_and(|line| is_like(first, line)) && fits(rest, &printed[1..]),
    }
}

fn is_like(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("...");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn what_a_page_says_is_told_from_what_it_does_not() {
    let is = |prints: &[&str], printed: &[&str]| {
        let owned = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        is_printed(&owned(prints), &owned(printed))
    };
    assert!(is(&["│ a ┆ b │", "c"], &["┌───┐", "│ a    ┆ b │", "└───┘", "c"]));
    assert!(is(&["a", "...", "d ... f"], &["a", "b", "c", "d e f"]) && is(&["a", "..."], &["a"]));
    assert!(!is(&["a"], &["a", "b"]) && !is(&["a", "b"], &["a"]) && !is(&["a ... c"], &["a b"]));
}
