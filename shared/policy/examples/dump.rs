fn main() {
    let l = std::env::args().nth(1).unwrap();
    let s = std::env::args().nth(2).unwrap();
    let lang: tree_sitter::Language = match l.as_str() { "kt" => tree_sitter_kotlin_ng::LANGUAGE.into(), "cs" => tree_sitter_c_sharp::LANGUAGE.into(), "php" => tree_sitter_php::LANGUAGE_PHP.into(), "rb" => tree_sitter_ruby::LANGUAGE.into(), "java" => tree_sitter_java::LANGUAGE.into(), "rs" => tree_sitter_rust::LANGUAGE.into(), "go" => tree_sitter_go::LANGUAGE.into(), "py" => tree_sitter_python::LANGUAGE.into(), _ => tree_sitter_javascript::LANGUAGE.into() };
    let mut p = tree_sitter::Parser::new();
    p.set_language(&lang).unwrap();
    println!("{}", p.parse(&s, None).unwrap().root_node().to_sexp());
}
