//! The changes of the CPU's kernels. All of them are compiled in at once, each behind its number: `a + b` becomes
//! `match (a, b) { (l, r) => if mutation::on(7) { l - r } else { l + r } }`, so that one build serves all.
//!
//! Left as they are: constants, `const fn`, types, patterns, what stands in macros, and tests.

use std::collections::HashSet;
use std::ops::Range;

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Expr, Ident, Lit, Stmt, UnOp, parse_quote};

use crate::mutant::{Action, Mutant, lines};

/// The file with all its changes behind numbers from `first` on, and the changes.
pub fn mutants(file: &str, text: &str, first: u32) -> (String, Vec<Mutant>) {
    let mut tree = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut writer = Writer { file, text, next: first, mutants: Vec::new(), late: HashSet::new() };
    writer.visit_file_mut(&mut tree);
    (tree.to_token_stream().to_string(), writer.mutants)
}

struct Writer<'a> {
    file: &'a str,
    text: &'a str,
    next: u32,
    mutants: Vec<Mutant>,
    /// Variables that are declared without a value: their first assignment cannot be left out.
    late: HashSet<String>,
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    let text = |a: &syn::Attribute| a.to_token_stream().to_string().replace(' ', "");
    attributes.iter().any(|a| ["#[test]", "#[cfg(test)]"].contains(&text(a).as_str()))
}

/// Whether an expression binds variables: `let` in a condition.
fn binds(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(b) => binds(&b.left) || binds(&b.right),
        Expr::Paren(p) => binds(&p.expr),
        _ => false,
    }
}

impl Writer<'_> {
    fn is_late(&self, place: &Expr) -> bool {
        matches!(place, Expr::Path(path) if path.path.get_ident().is_some_and(|name| self.late.contains(&name.to_string())))
    }

    /// Notes a change of what stands at `span`, and returns the condition under which it is in force.
    fn on(&mut self, span: Range<usize>, by: &str) -> Expr {
        let number = self.note(span, by);
        parse_quote!(crate::mutation::on(#number))
    }

    fn note(&mut self, span: Range<usize>, by: &str) -> u32 {
        let (line, before, after) = lines(self.text, span, by);
        let number = self.next;
        self.next += 1;
        let action = Action::Number(number);
        self.mutants.push(Mutant { file: self.file.into(), line, before, after, repeat: 0, action });
        number
    }

    fn binary(&mut self, binary: &syn::ExprBinary, whole: Range<usize>) -> Option<Expr> {
        let (left, right, op) = (&binary.left, &binary.right, &binary.op);
        let at = op.span().byte_range();
        let other: BinOp = match op {
            BinOp::Add(_) => parse_quote!(-),
            BinOp::Sub(_) => parse_quote!(+),
            BinOp::Mul(_) => parse_quote!(/),
            BinOp::Div(_) => parse_quote!(*),
            BinOp::Rem(_) => parse_quote!(/),
            BinOp::Lt(_) => parse_quote!(<=),
            BinOp::Le(_) => parse_quote!(<),
            BinOp::Gt(_) => parse_quote!(>=),
            BinOp::Ge(_) => parse_quote!(>),
            BinOp::Eq(_) => parse_quote!(!=),
            BinOp::Ne(_) => parse_quote!(==),
            BinOp::BitAnd(_) => parse_quote!(|),
            BinOp::BitOr(_) => parse_quote!(&),
            BinOp::AddAssign(_) => parse_quote!(-=),
            BinOp::SubAssign(_) => parse_quote!(+=),
            BinOp::MulAssign(_) => parse_quote!(/=),
            BinOp::BitAndAssign(_) => parse_quote!(|=),
            BinOp::BitOrAssign(_) => parse_quote!(&=),
            BinOp::And(_) | BinOp::Or(_) => {
                if binds(left) || binds(right) {
                    return None;
                }
                let and = matches!(op, BinOp::And(_));
                let on = self.on(at, if and { "||" } else { "&&" });
                // The right side is evaluated where the left one does not decide.
                return Some(match and {
                    true => parse_quote!((match #left { l => if l != #on { #right } else { l } })),
                    false => parse_quote!((match #left { l => if l == #on { #right } else { l } })),
                });
            }
            _ => return None,
        };
        let on = self.on(at.clone(), &other.to_token_stream().to_string());
        let assigns = other.to_token_stream().to_string().ends_with('=')
            && !matches!(other, BinOp::Le(_) | BinOp::Ge(_) | BinOp::Eq(_) | BinOp::Ne(_));
        if assigns {
            let dropped = self.on(whole, "/* left out */");
            return Some(parse_quote!(match #right {
                r => if #dropped {} else if #on { #left #other r; } else { #left #op r; }
            }));
        }
        Some(parse_quote!((match (#left, #right) { (l, r) => if #on { l #other r } else { l #op r } })))
    }

    fn literal(&mut self, literal: &syn::ExprLit) -> Option<Expr> {
        let at = literal.lit.span().byte_range();
        let other = match &literal.lit {
            Lit::Int(int) => {
                let value = int.base10_parse::<u128>().ok()?.checked_add(1)?;
                Lit::Int(syn::LitInt::new(&format!("{value}{}", int.suffix()), int.span()))
            }
            Lit::Float(float) => {
                let value = float.base10_parse::<f64>().ok()? + 1.0;
                Lit::Float(syn::LitFloat::new(&format!("{value:?}{}", float.suffix()), float.span()))
            }
            Lit::Bool(flag) => Lit::Bool(syn::LitBool::new(!flag.value, flag.span())),
            _ => return None,
        };
        let on = self.on(at, &other.to_token_stream().to_string());
        Some(parse_quote!((if #on { #other } else { #literal })))
    }

    fn call(&mut self, call: &syn::ExprMethodCall) -> Option<Expr> {
        let syn::ExprMethodCall { receiver, method, args, turbofish: None, .. } = call else { return None };
        let name = method.to_string();
        let at = method.span().byte_range();
        let other = |name: &str| Ident::new(name, Span::call_site());
        match (name.as_str(), args.len()) {
            ("min" | "max" | "wrapping_sub" | "wrapping_add" | "checked_sub", 1) => {
                let new = match name.as_str() {
                    "min" => "max",
                    "max" => "min",
                    "wrapping_sub" => "wrapping_add",
                    "wrapping_add" => "wrapping_sub",
                    _ => "checked_add",
                };
                let on = self.on(at, new);
                let (new, argument) = (other(new), &args[0]);
                Some(
                    parse_quote!((match (#receiver, #argument) { (l, r) => if #on { l.#new(r) } else { l.#method(r) } })),
                )
            }
            ("div_ceil", 1) => {
                let on = self.on(at, "/* floor */ div");
                let argument = &args[0];
                Some(parse_quote!((match (#receiver, #argument) { (l, r) => if #on { l / r } else { l.div_ceil(r) } })))
            }
            ("is_nan" | "is_multiple_of" | "is_empty" | "is_zero" | "contains", _) => {
                let on = self.on(at, &format!("/* not */ {name}"));
                Some(parse_quote!((#on != #call)))
            }
            ("add_f32s" | "sub_f32s" | "mul_f32s", 2) => {
                let new = match name.as_str() {
                    "add_f32s" => "sub_f32s",
                    "sub_f32s" => "add_f32s",
                    _ => "add_f32s",
                };
                let on = self.on(at, new);
                let new = other(new);
                Some(vector(args, &on, &quote!(#receiver.#method(a, b)), &quote!(#receiver.#new(a, b))))
            }
            ("greater_than_f32s" | "less_than_or_equal_f32s", 2) => {
                let new = if name == "greater_than_f32s" { "greater_than_or_equal_f32s" } else { "less_than_f32s" };
                let on = self.on(at, new);
                let new = other(new);
                Some(vector(args, &on, &quote!(#receiver.#method(a, b)), &quote!(#receiver.#new(a, b))))
            }
            ("mul_add_f32s", 3) => {
                let on = self.on(at, "/* no sum */ mul_f32s");
                Some(vector(args, &on, &quote!(#receiver.#method(a, b, c)), &quote!(#receiver.mul_f32s(a, b))))
            }
            ("select_f32s" | "select_u32s", 3) => {
                let on = self.on(at, &format!("/* swapped */ {name}"));
                Some(vector(args, &on, &quote!(#receiver.#method(a, b, c)), &quote!(#receiver.#method(a, c, b))))
            }
            _ => None,
        }
    }
}

/// A call of the vector instructions: its arguments are evaluated once and passed on as `a`, `b`, `c`.
fn vector(
    arguments: &syn::punctuated::Punctuated<Expr, syn::Token![,]>,
    on: &Expr,
    call: &proc_macro2::TokenStream,
    other: &proc_macro2::TokenStream,
) -> Expr {
    let names = ["a", "b", "c"].map(|name| Ident::new(name, Span::call_site()));
    let names = &names[..arguments.len()];
    parse_quote!((match (#arguments) { (#(#names),*) => if #on { #other } else { #call } }))
}

impl VisitMut for Writer<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // Spans are those of the source until the parts are changed.
        let whole = expr.span().byte_range();
        visit_mut::visit_expr_mut(self, expr);
        let changed = match &*expr {
            Expr::Binary(binary) => self.binary(binary, whole),
            Expr::Lit(literal) => self.literal(literal),
            Expr::MethodCall(call) => self.call(call),
            Expr::Unary(syn::ExprUnary { op: UnOp::Not(not), expr: inside, .. }) => {
                let on = self.on(not.span().byte_range(), "");
                Some(parse_quote!((match #inside { v => if #on { v } else { !v } })))
            }
            Expr::Unary(syn::ExprUnary { op: UnOp::Neg(minus), expr: inside, .. }) => {
                let on = self.on(minus.span().byte_range(), "");
                Some(parse_quote!((match #inside { v => if #on { v } else { -v } })))
            }
            Expr::Index(index) if !matches!(&*index.index, Expr::Paren(_) | Expr::Lit(_)) => {
                let syn::ExprIndex { expr: array, index: place, bracket_token, .. } = index;
                let (open, close) = (bracket_token.span.open().byte_range(), bracket_token.span.close().byte_range());
                let inside = &self.text[open.end..close.start];
                let number = self.note(open.end..close.start, &format!("({inside}) + 1"));
                Some(parse_quote!(#array[crate::mutation::index(#place, #number)]))
            }
            Expr::Assign(assign) if !self.is_late(&assign.left) => {
                let on = self.on(whole, "/* left out */");
                Some(parse_quote!(if #on {} else { #assign; }))
            }
            Expr::If(branch) if matches!(&*branch.cond, Expr::Path(_) | Expr::Field(_)) => {
                let at = branch.cond.span().byte_range();
                let on = self.on(at.clone(), &format!("!{}", &self.text[at]));
                let mut branch = branch.clone();
                let cond = &branch.cond;
                branch.cond = parse_quote!((#on != #cond));
                Some(Expr::If(branch))
            }
            _ => None,
        };
        if let Some(changed) = changed {
            *expr = changed;
        }
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Stmt::Local(local) = stmt {
            if let (None, syn::Pat::Ident(name)) = (&local.init, &local.pat) {
                self.late.insert(name.ident.to_string());
            }
        }
        let whole = stmt.span().byte_range();
        let droppable = matches!(stmt, Stmt::Expr(Expr::MethodCall(_) | Expr::Call(_), Some(_)));
        visit_mut::visit_stmt_mut(self, stmt);
        if droppable {
            let on = self.on(whole.start..whole.end - 1, "/* left out */");
            *stmt = parse_quote!(if #on {} else { #stmt });
        }
    }

    fn visit_item_fn_mut(&mut self, item: &mut syn::ItemFn) {
        if item.sig.constness.is_none() && !is_test(&item.attrs) {
            visit_mut::visit_item_fn_mut(self, item);
        }
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut syn::ImplItemFn) {
        if item.sig.constness.is_none() && !is_test(&item.attrs) {
            visit_mut::visit_impl_item_fn_mut(self, item);
        }
    }

    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit_mut::visit_item_mod_mut(self, item);
        }
    }

    fn visit_expr_repeat_mut(&mut self, repeat: &mut syn::ExprRepeat) {
        self.visit_expr_mut(&mut repeat.expr);
    }

    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
    fn visit_generic_argument_mut(&mut self, _: &mut syn::GenericArgument) {}
    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}
    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}
    fn visit_trait_item_const_mut(&mut self, _: &mut syn::TraitItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}
    fn visit_pat_mut(&mut self, _: &mut syn::Pat) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
}
