//! A page of the reference as data, and how it prints.

/// Text with headings, code and tables.
#[derive(Clone, Debug, Default)]
pub struct Page {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Heading(usize, String),
    Paragraph(String),
    Code(String),
    Table { head: Vec<&'static str>, rows: Vec<Vec<Cell>> },
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    /// Shown as code.
    Code(String),
    Text(String),
    /// A link to another page, with its name as code.
    Link(String),
}

impl Page {
    pub(crate) fn heading(&mut self, level: usize, text: impl Into<String>) {
        self.parts.push(Part::Heading(level, text.into()));
    }

    /// Adds a paragraph, unless the text is empty.
    pub(crate) fn paragraph(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.parts.push(Part::Paragraph(text));
        }
    }

    pub(crate) fn code(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Code(text.into()));
    }

    /// Adds a table, unless it has no rows.
    pub(crate) fn table(&mut self, head: &[&'static str], rows: Vec<Vec<Cell>>) {
        if !rows.is_empty() {
            self.parts.push(Part::Table { head: head.to_vec(), rows });
        }
    }

    /// The page for files and web pages.
    pub fn markdown(&self) -> String {
        let mut blocks = Vec::new();
        for part in &self.parts {
            blocks.push(match part {
                Part::Heading(level, text) => format!("{} {text}", "#".repeat(*level)),
                Part::Paragraph(text) => text.clone(),
                Part::Code(text) => format!("```alloy\n{}\n```", text.trim_end()),
                Part::Table { head, rows } => {
                    let mut lines = vec![row(head.iter().map(|cell| (*cell).to_owned()))];
                    lines.push(row(head.iter().map(|_| "---".to_owned())));
                    lines.extend(rows.iter().map(|cells| row(cells.iter().map(Cell::markdown))));
                    lines.join("\n")
                }
            });
        }
        blocks.join("\n\n") + "\n"
    }

    /// The page for a terminal.
    pub fn text(&self) -> String {
        let mut blocks = Vec::new();
        for part in &self.parts {
            blocks.push(match part {
                Part::Heading(1, text) => text.clone(),
                Part::Heading(_, text) => format!("{text}:"),
                Part::Paragraph(text) => text.clone(),
                Part::Code(text) => indented(text, 4),
                Part::Table { rows, .. } => {
                    rows.iter().map(|cells| entry(cells)).collect::<Vec<_>>().join("\n")
                }
            });
        }
        blocks.join("\n\n") + "\n"
    }
}

impl Cell {
    fn markdown(&self) -> String {
        match self {
            Self::Code(text) if text.is_empty() => String::new(),
            Self::Code(text) => format!("`{}`", escaped(text)),
            Self::Text(text) => escaped(text),
            Self::Link(name) => format!("[`{name}`]({name}.md)"),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Code(text) | Self::Text(text) | Self::Link(text) => text,
        }
    }
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let mut line = "|".to_owned();
    for cell in cells {
        line.push(' ');
        line.push_str(&cell);
        line.push_str(if cell.is_empty() { "|" } else { " |" });
    }
    line
}

/// Text that fits into one cell.
fn escaped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn indented(text: &str, by: usize) -> String {
    let indent = " ".repeat(by);
    let line = |line: &str| match line.is_empty() {
        true => String::new(),
        false => format!("{indent}{line}"),
    };
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A row of a table as a line with the name and what is short, and the description below.
fn entry(cells: &[Cell]) -> String {
    let [name, facts @ .., description] = cells else { return String::new() };
    let facts: Vec<&str> = facts.iter().map(Cell::text).filter(|text| !text.is_empty()).collect();
    let mut text = format!("  {}", name.text());
    if !facts.is_empty() {
        text.push_str(&format!("  ({})", facts.join(", ")));
    }
    if !description.text().is_empty() {
        text.push('\n');
        text.push_str(&indented(description.text(), 6));
    }
    text
}
