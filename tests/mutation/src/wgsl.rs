//! The changes of a shader: of its tokens, one at a time.

use std::ops::Range;

use crate::mutant::{Action, Mutant, lines};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Sign,
}

#[derive(Debug, Clone)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    range: Range<usize>,
}

/// Words after which `<` opens a list of types.
const GENERIC: [&str; 9] = ["array", "atomic", "bitcast", "mat4x4", "ptr", "var", "vec2", "vec3", "vec4"];
/// Words that begin no statement that could be left out.
const KEYWORDS: [&str; 13] =
    ["let", "var", "const", "return", "for", "if", "else", "while", "loop", "break", "continue", "switch", "override"];
const SIGNS: [&str; 18] =
    ["->", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "<=", ">=", "==", "!=", "&&", "||", "<<", ">>"];

/// The tokens of a text without comments, imports, attributes, and the brackets of lists of types.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens: Vec<Token> = Vec::new();
    let mut generics = 0;
    let mut at = 0;
    let run = |from: usize, test: fn(char) -> bool| text[from..].find(|c| !test(c)).map_or(text.len(), |i| from + i);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("//") || rest.starts_with('#') {
            at = run(at, |c| c != '\n');
        } else if rest.starts_with('@') {
            at = run(at + 1, |c| c.is_alphanumeric() || c == '_');
            if bytes.get(at) == Some(&b'(') {
                at = run(at, |c| c != ')') + 1;
            }
        } else if bytes[at].is_ascii_digit() {
            let end = run(at, |c| c.is_ascii_alphanumeric() || c == '.');
            tokens.push(Token { kind: Kind::Number, text: &text[at..end], range: at..end });
            at = end;
        } else if bytes[at].is_ascii_alphabetic() || bytes[at] == b'_' {
            let end = run(at, |c| c.is_ascii_alphanumeric() || c == '_');
            let word = &text[at..end];
            tokens.push(Token { kind: Kind::Word, text: word, range: at..end });
            at = end;
            if GENERIC.contains(&word) && bytes.get(at) == Some(&b'<') {
                generics += 1;
                at += 1;
            }
        } else if !rest.is_char_boundary(1) || bytes[at].is_ascii_whitespace() {
            at += rest.chars().next().map_or(1, char::len_utf8);
        } else if generics > 0 && bytes[at] == b'>' {
            generics -= 1;
            at += 1;
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign)).unwrap_or(&rest[..1]);
            tokens.push(Token { kind: Kind::Sign, text: &text[at..at + sign.len()], range: at..at + sign.len() });
            at += sign.len();
        }
    }
    tokens
}

/// The token that closes the bracket at `open`.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i;
        }
    }
    tokens.len() - 1
}

/// A number one greater.
fn other_number(text: &str) -> String {
    if let Some(hex) = text.strip_prefix("0x") {
        let digits = hex.trim_end_matches(['u', 'i']);
        let value = u64::from_str_radix(digits, 16).expect("a number");
        return format!("{:#x}{}", value + 1, &hex[digits.len()..]);
    }
    if text.contains('.') {
        let value: f64 = text.trim_end_matches('f').parse().expect("a number");
        return format!("{:?}", value + 1.0);
    }
    let digits = text.trim_end_matches(['u', 'i']);
    let value: u64 = digits.parse().expect("a number");
    format!("{}{}", value + 1, &text[digits.len()..])
}

/// The operator that takes the place of another.
fn other_operator(sign: &str, binary: bool) -> Option<&'static str> {
    Some(match (sign, binary) {
        ("<", true) => "<=",
        ("<=", true) => "<",
        (">", true) => ">=",
        (">=", true) => ">",
        ("==", true) => "!=",
        ("!=", true) => "==",
        ("+", true) => "-",
        ("-", true) => "+",
        ("*", true) => "/",
        ("/", true) => "*",
        ("%", true) => "/",
        ("&&", true) => "||",
        ("||", true) => "&&",
        ("<<", true) => ">>",
        (">>", true) => "<<",
        ("&", true) => "|",
        ("|", true) => "&",
        ("+=", _) => "-=",
        ("-=", _) => "+=",
        ("*=", _) => "/=",
        ("/=", _) => "*=",
        ("++", _) => " += 2",
        ("!" | "-", false) => "",
        _ => return None,
    })
}

/// All changes of the shader `file`.
pub fn mutants(file: &str, text: &str) -> Vec<Mutant> {
    let tokens = tokens(text);
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    let (mut parentheses, mut braces) = (0, 0);
    let mut in_function = false;
    for (i, token) in tokens.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| &tokens[i]);
        let range = token.range.clone();
        match token.kind {
            Kind::Number => found.push((range.clone(), other_number(token.text))),
            Kind::Word => {
                if braces == 0 && ["fn", "struct"].contains(&token.text) {
                    in_function = token.text == "fn";
                }
                let member = before.is_some_and(|t| t.text == ".");
                let called = tokens.get(i + 1).is_some_and(|t| t.text == "(");
                let other = match token.text {
                    "x" if member => "y",
                    "y" if member => "x",
                    "z" if member => "x",
                    "w" if member => "z",
                    "min" if called => "max",
                    "max" if called => "min",
                    "true" => "false",
                    "false" => "true",
                    _ => "",
                };
                if !other.is_empty() {
                    found.push((range.clone(), other.into()));
                }
                if token.text == "select" && called {
                    found.extend(swapped_arguments(text, &tokens, i + 1));
                }
            }
            Kind::Sign => {
                let binary = before.is_some_and(|t| match t.kind {
                    Kind::Number => true,
                    Kind::Word => !KEYWORDS.contains(&t.text),
                    Kind::Sign => [")", "]"].contains(&t.text),
                });
                found.extend(other_operator(token.text, binary).map(|other| (range.clone(), other.to_string())));
                if token.text == "[" {
                    let inside = range.end..tokens[closing(&tokens, i)].range.start;
                    if closing(&tokens, i) > i + 2 || tokens[i + 1].kind != Kind::Number {
                        found.push((inside.clone(), format!("({}) + 1", &text[inside])));
                    }
                }
                match token.text {
                    "(" => parentheses += 1,
                    ")" => parentheses -= 1,
                    "{" => braces += 1,
                    "}" => braces -= 1,
                    _ => {}
                }
            }
        }
        // A statement that could be left out begins here.
        let opens = token.text == "(";
        let first = parentheses == usize::from(opens) && before.is_some_and(|t| ["{", "}", ";"].contains(&t.text));
        let statement = opens || (token.kind == Kind::Word && !KEYWORDS.contains(&token.text));
        if first && statement && in_function && braces > 0 {
            let end = tokens[i..].iter().find(|t| t.text == ";");
            found.extend(end.map(|end| (range.start..end.range.start, String::new())));
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    let mutant = |(range, by): (Range<usize>, String)| {
        let (line, before, after) = lines(text, range.clone(), &by);
        let changed = format!("{}{by}{}", &text[..range.start], &text[range.end..]);
        Mutant { file: file.into(), line, before, after, repeat: 0, action: Action::Shader(changed) }
    };
    found.into_iter().map(mutant).collect()
}

/// The first two arguments of a call, each in the place of the other.
fn swapped_arguments(text: &str, tokens: &[Token], open: usize) -> Option<(Range<usize>, String)> {
    let end = closing(tokens, open);
    let mut commas = Vec::new();
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().take(end).skip(open) {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 1 => commas.push(i),
            _ => {}
        }
    }
    let [first, second] = commas[..] else { return None };
    let a = tokens[open].range.end..tokens[first].range.start;
    let b = tokens[first].range.end..tokens[second].range.start;
    Some((a.start..b.end, format!("{}, {}", text[b.clone()].trim(), text[a].trim())))
}
