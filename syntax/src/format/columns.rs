//! Elastic tab stops: aligns cells of neighbouring lines (spec/language.md §12.4).
//!
//! # Invariants
//! - Text marked as protected comes out as it went in, trailing blanks included.
//! - Time is linear in the number of cells.
//!
//! Start reading at [`Columns::finish`].

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

/// The end of a cell in the text, and what is known about it.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Behind its last byte.
    end: usize,
    /// Characters of its text.
    width: usize,
    hard: bool,
    /// Up to this byte of its text it may not be trimmed.
    protected: usize,
    /// Width of its column, once it is known; until then the cell above it in the column, counted
    /// from 1. The last cell of a line belongs to no column.
    column: usize,
}

/// The end of a line.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// Behind its last cell.
    end: usize,
    hard_break: bool,
}

/// Collects cells line by line. All texts stand in one string, cells and lines are places in it.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    text: String,
    cells: Vec<Cell>,
    lines: Vec<Line>,
    /// The cell that is being written; its `end` is not set yet.
    cell: Cell,
}

impl Columns {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.cells.is_empty() && self.text.is_empty()
    }

    /// Adds text without tabs or line breaks.
    pub(crate) fn text(&mut self, text: &str) {
        self.text.push_str(text);
        self.cell.width += if text.is_ascii() { text.len() } else { text.chars().count() };
    }

    /// Adds text that must not change, whatever it contains. It counts as part of one line.
    pub(crate) fn protected_text(&mut self, text: &str) {
        self.text(text);
        self.cell.protected = self.text.len() - self.cell_start();
    }

    pub(crate) fn tab(&mut self, tab: Tab) {
        self.cell.hard = tab == Tab::Hard;
        self.end_cell();
    }

    pub(crate) fn line_break(&mut self, kind: Break) {
        self.end_cell();
        self.lines.push(Line { end: self.cells.len(), hard_break: kind == Break::Hard });
    }

    fn cell_start(&self) -> usize {
        self.cells.last().map_or(0, |cell| cell.end)
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        self.cells.push(Cell { end: self.text.len(), ..cell });
    }

    /// The text with aligned columns and without trailing blanks.
    pub(crate) fn finish(mut self) -> String {
        self.line_break(Break::Hard);
        self.set_widths();
        let mut out = String::with_capacity(self.text.len() + self.text.len() / 4);
        let (mut first, mut start) = (0, 0);
        for (index, line) in self.lines.iter().enumerate() {
            if index > 0 {
                out.push('\n');
            }
            let cells = self.cells.get(first..line.end).unwrap_or_default();
            write_line(&mut out, &self.text, start, cells);
            first = line.end;
            start = cells.last().map_or(start, |cell| cell.end);
        }
        out
    }

    /// A column is a run of neighbouring lines that have a cell there which isn't their last.
    fn set_widths(&mut self) {
        let mut open: Vec<Open> = Vec::new();
        let mut first = 0;
        for index in 0..=self.lines.len() {
            let line = self.lines.get(index).copied();
            let columns = line.map_or(0, |line| (line.end - first).saturating_sub(1));
            while open.len() > columns {
                self.close_last(&mut open);
            }
            let Some(line) = line else { break };
            for (column, at) in (first..first + columns).enumerate() {
                if column == open.len() {
                    open.push(Open { lowest: 0, width: 0, discardable: true });
                }
                if let (Some(open), Some(cell)) = (open.get_mut(column), self.cells.get_mut(at)) {
                    cell.column = std::mem::replace(&mut open.lowest, at + 1);
                    open.width = open.width.max(cell.width + 1);
                    open.discardable &= cell.width == 0 && !cell.hard;
                }
            }
            if line.hard_break {
                while !open.is_empty() {
                    self.close_last(&mut open);
                }
            }
            first = line.end;
        }
    }

    fn close_last(&mut self, open: &mut Vec<Open>) {
        let Some(column) = open.pop() else { return };
        let width = if column.discardable { 0 } else { column.width };
        let mut lowest = column.lowest;
        while let Some(cell) = lowest.checked_sub(1).and_then(|at| self.cells.get_mut(at)) {
            lowest = std::mem::replace(&mut cell.column, width);
        }
    }
}

/// A column while its lines are being passed.
struct Open {
    /// Its last cell so far, counted from 1.
    lowest: usize,
    width: usize,
    /// All cells so far are empty and soft.
    discardable: bool,
}

/// Writes cells whose texts begin at `start` of `text`.
fn write_line(out: &mut String, text: &str, mut start: usize, cells: &[Cell]) {
    let mut keep = out.len();
    let mut leading = true;
    for cell in cells {
        leading &= cell.end == start;
        if cell.protected > 0 {
            keep = out.len() + cell.protected;
        }
        out.push_str(text.get(start..cell.end).unwrap_or_default());
        if leading {
            out.extend(std::iter::repeat_n('\t', cell.column.div_ceil(TAB_WIDTH)));
        } else {
            out.extend(std::iter::repeat_n(' ', cell.column.saturating_sub(cell.width)));
        }
        start = cell.end;
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
