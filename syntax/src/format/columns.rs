//! Elastic tab stops: aligns cells of neighbouring lines (spec/language.md §12.4).
//!
//! # Invariants
//! - Text marked as protected comes out as it went in, trailing blanks included.
//! - Time is linear in the number of cells.
//!
//! Start reading at [`Columns::finish`].

use std::mem::take;

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// Columns go on in the next line.
    Soft,
    /// All columns end.
    Hard,
}

/// What ends a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// Takes no room in a column of empty cells.
    Soft,
    /// Takes room even if the cell is empty.
    Hard,
}

/// Columns in front of which leading empty cells are written as tabs: one per so many characters.
const TAB_WIDTH: usize = 8;

#[derive(Debug, Default)]
struct Cell {
    text: String,
    /// Characters of the text.
    width: usize,
    hard: bool,
    /// Up to this byte the text may not be trimmed.
    protected: usize,
}

/// A line: its cells, of which the last one belongs to no column.
#[derive(Debug, Default)]
struct Line {
    cells: Vec<Cell>,
    /// Width of the columns of all cells but the last, once they are known.
    widths: Vec<usize>,
    hard_break: bool,
}

/// Collects cells line by line.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    lines: Vec<Line>,
    line: Line,
    cell: Cell,
}

impl Columns {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.line.cells.is_empty() && self.cell.text.is_empty()
    }

    /// Adds text without tabs or line breaks.
    pub(crate) fn text(&mut self, text: &str) {
        self.cell.text.push_str(text);
        self.cell.width += text.chars().count();
    }

    /// Adds text that must not change, whatever it contains. It counts as part of one line.
    pub(crate) fn protected_text(&mut self, text: &str) {
        self.text(text);
        self.cell.protected = self.cell.text.len();
    }

    pub(crate) fn tab(&mut self, tab: Tab) {
        self.cell.hard = tab == Tab::Hard;
        self.line.cells.push(take(&mut self.cell));
    }

    pub(crate) fn line_break(&mut self, kind: Break) {
        self.line.cells.push(take(&mut self.cell));
        self.line.hard_break = kind == Break::Hard;
        self.lines.push(take(&mut self.line));
    }

    /// The text with aligned columns and without trailing blanks.
    pub(crate) fn finish(mut self) -> String {
        self.line_break(Break::Hard);
        set_widths(&mut self.lines);
        let mut out = String::new();
        for (index, line) in self.lines.iter().enumerate() {
            if index > 0 {
                out.push('\n');
            }
            write_line(&mut out, line);
        }
        out
    }
}

/// A column while its lines are being passed.
struct Open {
    first_line: usize,
    width: usize,
    /// All cells so far are empty and soft.
    discardable: bool,
}

/// A column is a run of neighbouring lines that have a cell there which isn't their last.
fn set_widths(lines: &mut [Line]) {
    let mut open: Vec<Open> = Vec::new();
    for index in 0..=lines.len() {
        let columns = match lines.get(index) {
            Some(line) => line.cells.len().saturating_sub(1),
            None => 0,
        };
        while open.len() > columns {
            close_last(lines, &mut open, index);
        }
        let Some(line) = lines.get_mut(index) else { break };
        line.widths = vec![0; columns];
        for (column, cell) in line.cells.iter().take(columns).enumerate() {
            if column == open.len() {
                open.push(Open { first_line: index, width: 0, discardable: true });
            }
            if let Some(open) = open.get_mut(column) {
                open.width = open.width.max(cell.width + 1);
                open.discardable &= cell.width == 0 && !cell.hard;
            }
        }
        if line.hard_break {
            while !open.is_empty() {
                close_last(lines, &mut open, index + 1);
            }
        }
    }
}

fn close_last(lines: &mut [Line], open: &mut Vec<Open>, end: usize) {
    let Some(column) = open.pop() else { return };
    let index = open.len();
    let width = if column.discardable { 0 } else { column.width };
    for line in lines.get_mut(column.first_line..end).unwrap_or_default() {
        if let Some(slot) = line.widths.get_mut(index) {
            *slot = width;
        }
    }
}

fn write_line(out: &mut String, line: &Line) {
    let start = out.len();
    let mut keep = start;
    let mut leading = true;
    for (index, cell) in line.cells.iter().enumerate() {
        let column = line.widths.get(index).copied().unwrap_or(0);
        leading &= cell.text.is_empty();
        if cell.protected > 0 {
            keep = out.len() + cell.protected;
        }
        out.push_str(&cell.text);
        if leading {
            out.extend(std::iter::repeat_n('\t', column.div_ceil(TAB_WIDTH)));
        } else {
            out.extend(std::iter::repeat_n(' ', column.saturating_sub(cell.width)));
        }
    }
    let trimmed = out.trim_end_matches([' ', '\t']).len();
    out.truncate(trimmed.max(keep));
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    /// `|` is a soft tab, `>` a hard one, `~` ends a line hard, `"` starts protected text.
    fn check(text: &str, expected: &expect_test::Expect) {
        let mut columns = Columns::default();
        for line in text.split_inclusive(['\n', '~']) {
            for piece in line.split_inclusive(['|', '>', '\n', '~']) {
                let (text, end) = match piece.char_indices().last() {
                    Some((at, end)) if "|>\n~".contains(end) => (&piece[..at], Some(end)),
                    _ => (piece, None),
                };
                match text.strip_prefix('"') {
                    Some(text) => columns.protected_text(text),
                    None => columns.text(text),
                }
                match end {
                    Some('|') => columns.tab(Tab::Soft),
                    Some('>') => columns.tab(Tab::Hard),
                    Some('\n') => columns.line_break(Break::Soft),
                    Some(_) => columns.line_break(Break::Hard),
                    None => {}
                }
            }
        }
        expected.assert_eq(&columns.finish());
    }

    #[test]
    fn columns_end_at_lines_without_them() {
        check(
            "a|= 1\nbbb|= 2\n\ncccc|= 3\nd|= 4",
            &expect![[r#"
            a   = 1
            bbb = 2

            cccc = 3
            d    = 4"#]],
        );
    }

    #[test]
    fn hard_breaks_end_columns() {
        check(
            "a|= 1~bbb|= 2",
            &expect![[r#"
            a = 1
            bbb = 2"#]],
        );
    }

    #[test]
    fn leading_empty_cells_are_tabs() {
        check(
            ">a|= 1\n>bbb|= 2>// c\nx",
            &expect![[r#"
            	a   = 1
            	bbb = 2 // c
            x"#]],
        );
    }

    #[test]
    fn protected_blanks_stay() {
        check("a   \n\"// x  \nb", &expect![["a\n// x  \nb"]]);
    }
}
