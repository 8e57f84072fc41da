//! Character classes by name: Perl (`\d`), POSIX (`[:alpha:]`) and Unicode (`\p{Greek}`).

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, HirKind};

/// Ranges of a Perl class letter, upper or lower case. They are ASCII, and `\s` has no vertical tab.
pub(crate) fn perl(letter: char) -> Option<(&'static [(char, char)], bool)> {
    let ranges: &[_] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return None,
    };
    Some((ranges, letter.is_ascii_uppercase()))
}

/// Ranges of a POSIX class by its name between the colons (without `^`).
pub(crate) fn posix(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}

/// A class of `ranges`.
pub(crate) fn from_ranges(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|&(lo, hi)| ClassUnicodeRange::new(lo, hi)))
}

/// The whole of `\p{name}`: a general category, its long name, or a script.
///
/// Letter case is ignored, and so are `_`, `-` and blanks in category names. Scripts are known by
/// their one full name; those of several words need their underscore.
pub(crate) fn unicode(name: &str) -> Option<ClassUnicode> {
    let squeezed: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if squeezed.is_empty() || !squeezed.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    match &*squeezed {
        "any" => return Some(from_ranges(&[('\0', char::MAX)])),
        "ascii" => return Some(from_ranges(&[('\0', '\x7f')])),
        "assigned" => {
            let mut unassigned = property("gc=Cn")?;
            unassigned.negate();
            return Some(unassigned);
        }
        // Surrogates never appear in valid text.
        "cs" | "surrogate" => return Some(ClassUnicode::empty()),
        _ => {}
    }
    if let Some((_, short)) = CATEGORIES.iter().find(|(long, _)| *long == squeezed) {
        return property(&format!("gc={short}"));
    }
    if CATEGORIES.iter().any(|(_, short)| short.eq_ignore_ascii_case(&squeezed)) {
        return property(&format!("gc={squeezed}"));
    }
    let known = |script: &&&str| {
        if script.contains('_') { **script == name } else { script.eq_ignore_ascii_case(name) }
    };
    SCRIPTS.iter().find(known).and_then(|script| property(&format!("sc={script}")))
}

/// The engine's table for a Unicode property.
fn property(query: &str) -> Option<ClassUnicode> {
    match regex_syntax::parse(&format!(r"\p{{{query}}}")).ok()?.into_kind() {
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => Some(class),
        _ => None,
    }
}

/// Long name without separators, short name.
const CATEGORIES: &[(&str, &str)] = &[
    ("other", "C"),
    ("control", "Cc"),
    ("cntrl", "Cc"),
    ("format", "Cf"),
    ("unassigned", "Cn"),
    ("privateuse", "Co"),
    ("letter", "L"),
    ("casedletter", "LC"),
    ("lowercaseletter", "Ll"),
    ("modifierletter", "Lm"),
    ("otherletter", "Lo"),
    ("titlecaseletter", "Lt"),
    ("uppercaseletter", "Lu"),
    ("mark", "M"),
    ("combiningmark", "M"),
    ("spacingmark", "Mc"),
    ("enclosingmark", "Me"),
    ("nonspacingmark", "Mn"),
    ("number", "N"),
    ("decimalnumber", "Nd"),
    ("digit", "Nd"),
    ("letternumber", "Nl"),
    ("othernumber", "No"),
    ("punctuation", "P"),
    ("punct", "P"),
    ("connectorpunctuation", "Pc"),
    ("dashpunctuation", "Pd"),
    ("closepunctuation", "Pe"),
    ("finalpunctuation", "Pf"),
    ("initialpunctuation", "Pi"),
    ("otherpunctuation", "Po"),
    ("openpunctuation", "Ps"),
    ("symbol", "S"),
    ("currencysymbol", "Sc"),
    ("modifiersymbol", "Sk"),
    ("mathsymbol", "Sm"),
    ("othersymbol", "So"),
    ("separator", "Z"),
    ("lineseparator", "Zl"),
    ("paragraphseparator", "Zp"),
    ("spaceseparator", "Zs"),
];

/// Names of the Unicode scripts.
#[rustfmt::skip]
const SCRIPTS: &[&str] = &[
    "Adlam", "Ahom", "Anatolian_Hieroglyphs", "Arabic", "Armenian", "Avestan", "Balinese",
    "Bamum", "Bassa_Vah", "Batak", "Bengali", "Bhaiksuki", "Bopomofo", "Brahmi", "Braille",
    "Buginese", "Buhid", "Canadian_Aboriginal", "Carian", "Caucasian_Albanian", "Chakma", "Cham",
    "Cherokee", "Chorasmian", "Common", "Coptic", "Cuneiform", "Cypriot", "Cypro_Minoan",
    "Cyrillic", "Deseret", "Devanagari", "Dives_Akuru", "Dogra", "Duployan",
    "Egyptian_Hieroglyphs", "Elbasan", "Elymaic", "Ethiopic", "Garay", "Georgian", "Glagolitic",
    "Gothic", "Grantha", "Greek", "Gujarati", "Gunjala_Gondi", "Gurmukhi", "Gurung_Khema", "Han",
    "Hangul", "Hanifi_Rohingya", "Hanunoo", "Hatran", "Hebrew", "Hiragana", "Imperial_Aramaic",
    "Inherited", "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Javanese", "Kaithi",
    "Kannada", "Katakana", "Kawi", "Kayah_Li", "Kharoshthi", "Khitan_Small_Script", "Khmer",
    "Khojki", "Khudawadi", "Kirat_Rai", "Lao", "Latin", "Lepcha", "Limbu", "Linear_A", "Linear_B",
    "Lisu", "Lycian", "Lydian", "Mahajani", "Makasar", "Malayalam", "Mandaic", "Manichaean",
    "Marchen", "Masaram_Gondi", "Medefaidrin", "Meetei_Mayek", "Mende_Kikakui",
    "Meroitic_Cursive", "Meroitic_Hieroglyphs", "Miao", "Modi", "Mongolian", "Mro", "Multani",
    "Myanmar", "Nabataean", "Nag_Mundari", "Nandinagari", "New_Tai_Lue", "Newa", "Nko", "Nushu",
    "Nyiakeng_Puachue_Hmong", "Ogham", "Ol_Chiki", "Ol_Onal", "Old_Hungarian", "Old_Italic",
    "Old_North_Arabian", "Old_Permic", "Old_Persian", "Old_Sogdian", "Old_South_Arabian",
    "Old_Turkic", "Old_Uyghur", "Oriya", "Osage", "Osmanya", "Pahawh_Hmong", "Palmyrene",
    "Pau_Cin_Hau", "Phags_Pa", "Phoenician", "Psalter_Pahlavi", "Rejang", "Runic", "Samaritan",
    "Saurashtra", "Sharada", "Shavian", "Siddham", "SignWriting", "Sinhala", "Sogdian",
    "Sora_Sompeng", "Soyombo", "Sundanese", "Sunuwar", "Syloti_Nagri", "Syriac", "Tagalog",
    "Tagbanwa", "Tai_Le", "Tai_Tham", "Tai_Viet", "Takri", "Tamil", "Tangsa", "Tangut", "Telugu",
    "Thaana", "Thai", "Tibetan", "Tifinagh", "Tirhuta", "Todhri", "Toto", "Tulu_Tigalari",
    "Ugaritic", "Vai", "Vithkuqi", "Wancho", "Warang_Citi", "Yezidi", "Yi", "Zanabazar_Square",
];
