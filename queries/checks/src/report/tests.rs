//! Every form of one and the same findings, and of none.

use expect_test::{Expect, expect};

use alloy_queries::Source;
use alloy_syntax::{Applicability, Diagnostic, Edit, Fix, LineIndex, Related, Span};

use super::*;

fn about() -> About {
    About {
        version: "v1.2.3".into(),
        stability: Stability::GenerallyAvailable,
        color: Color::Never,
    }
}

/// A file with an error that has a fix and a related place, a warning over two lines with
/// characters that need escapes; and a clean file.
fn some() -> Vec<Checked> {
    let text = "logging {\n\t/* é */ levle = \"a%b\"\n}\n";
    let name = std::sync::Arc::from("./conf/a:1.alloy");
    let lines = LineIndex::new(text);
    let error = Diagnostic::error(Span::Bytes { start: 20, end: Some(25) }, "no \"levle\" <here>")
        .with_code("AL201")
        .with_component("logging")
        .with_note("did you mean \"level\"?")
        .with_related(Related {
            file: None,
            span: Span::Bytes { start: 0, end: Some(7) },
            message: "in this block".into(),
        })
        .with_fix(Fix {
            title: "rename to \"level\"".into(),
            applicability: Applicability::Unsafe,
            edits: vec![Edit { span: 20..25, text: "level".into() }],
        })
        .resolve(Some(&name), &lines);
    let warning = Diagnostic::warning(Span::Bytes { start: 0, end: Some(38) }, "50% of\nit")
        .with_code("AL601")
        .resolve(Some(&name), &lines);
    let source = |name: &std::sync::Arc<str>, text: &str| Source {
        name: std::sync::Arc::clone(name),
        text: text.into(),
    };
    let sources = vec![source(&name, text), source(&"b.alloy".into(), "")];
    vec![Checked {
        shown: sources.clone(),
        sources,
        diagnostics: vec![error, warning],
        suppressed: 1,
        ..Checked::default()
    }]
}

fn clean() -> Vec<Checked> {
    let source = Source { name: "b.alloy".into(), text: "".into() };
    vec![Checked { sources: vec![source.clone()], shown: vec![source], ..Checked::default() }]
}

fn check(format: Format, found: Expect, none: Expect) {
    found.assert_eq(&report(&some(), format, &about()).unwrap());
    none.assert_eq(&report(&clean(), format, &about()).unwrap());
}

#[test]
fn concise() {
    check(
        Format::Concise,
        expect![[r#"
        error[AL201]: ./conf/a:1.alloy:2:10: no "levle" <here>
        warning[AL601]: ./conf/a:1.alloy:1:1: 50% of it
    "#]],
        expect![[""]],
    );
}

#[test]
fn json() {
    check(
        Format::Json,
        expect![[r#"
        {
          "version": 1,
          "tool": {
            "name": "alloy",
            "version": "v1.2.3",
            "stability_level": "generally-available"
          },
          "summary": {
            "files": 2,
            "errors": 1,
            "warnings": 1,
            "infos": 0,
            "fixable": 1,
            "suppressed": 1
          },
          "diagnostics": [
            {
              "code": "AL201",
              "name": "unknown-attribute",
              "severity": "error",
              "message": "no \"levle\" <here>",
              "file": "./conf/a:1.alloy",
              "range": {
                "start": {
                  "line": 2,
                  "column": 10,
                  "byte": 20
                },
                "end": {
                  "line": 2,
                  "column": 15,
                  "byte": 25
                }
              },
              "notes": [
                "did you mean \"level\"?"
              ],
              "related": [
                {
                  "message": "in this block",
                  "file": "./conf/a:1.alloy",
                  "range": {
                    "start": {
                      "line": 1,
                      "column": 1,
                      "byte": 0
                    },
                    "end": {
                      "line": 1,
                      "column": 8,
                      "byte": 7
                    }
                  }
                }
              ],
              "component": "logging",
              "fix": {
                "applicability": "unsafe",
                "title": "rename to \"level\"",
                "edits": [
                  {
                    "range": {
                      "start": {
                        "line": 2,
                        "column": 10,
                        "byte": 20
                      },
                      "end": {
                        "line": 2,
                        "column": 15,
                        "byte": 25
                      }
                    },
                    "text": "level"
                  }
                ]
              },
              "url": "docs/rules.md#al201-unknown-attribute"
            },
            {
              "code": "AL601",
              "name": "unformatted",
              "severity": "warning",
              "message": "50% of\nit",
              "file": "./conf/a:1.alloy",
              "range": {
                "start": {
                  "line": 1,
                  "column": 1,
                  "byte": 0
                },
                "end": {
                  "line": 4,
                  "column": 1,
                  "byte": 37
                }
              },
              "notes": [],
              "related": [],
              "component": null,
              "fix": null,
              "url": "docs/rules.md#al601-unformatted"
            }
          ]
        }
    "#]],
        expect![[r#"
        {
          "version": 1,
          "tool": {
            "name": "alloy",
            "version": "v1.2.3",
            "stability_level": "generally-available"
          },
          "summary": {
            "files": 1,
            "errors": 0,
            "warnings": 0,
            "infos": 0,
            "fixable": 0,
            "suppressed": 0
          },
          "diagnostics": []
        }
    "#]],
    );
}

#[test]
fn json_lines() {
    check(
        Format::JsonLines,
        expect![[r#"
        {"code":"AL201","name":"unknown-attribute","severity":"error","message":"no \"levle\" <here>","file":"./conf/a:1.alloy","range":{"start":{"line":2,"column":10,"byte":20},"end":{"line":2,"column":15,"byte":25}},"notes":["did you mean \"level\"?"],"related":[{"message":"in this block","file":"./conf/a:1.alloy","range":{"start":{"line":1,"column":1,"byte":0},"end":{"line":1,"column":8,"byte":7}}}],"component":"logging","fix":{"applicability":"unsafe","title":"rename to \"level\"","edits":[{"range":{"start":{"line":2,"column":10,"byte":20},"end":{"line":2,"column":15,"byte":25}},"text":"level"}]},"url":"docs/rules.md#al201-unknown-attribute"}
        {"code":"AL601","name":"unformatted","severity":"warning","message":"50% of\nit","file":"./conf/a:1.alloy","range":{"start":{"line":1,"column":1,"byte":0},"end":{"line":4,"column":1,"byte":37}},"notes":[],"related":[],"component":null,"fix":null,"url":"docs/rules.md#al601-unformatted"}
    "#]],
        expect![[""]],
    );
}

#[test]
fn sarif() {
    check(
        Format::Sarif,
        expect![[r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "runs": [
            {
              "columnKind": "unicodeCodePoints",
              "originalUriBaseIds": {
                "%SRCROOT%": {
                  "description": {
                    "text": "The directory in which the check was started."
                  }
                }
              },
              "results": [
                {
                  "fixes": [
                    {
                      "artifactChanges": [
                        {
                          "artifactLocation": {
                            "uri": "conf/a%3A1.alloy",
                            "uriBaseId": "%SRCROOT%"
                          },
                          "replacements": [
                            {
                              "deletedRegion": {
                                "byteLength": 5,
                                "byteOffset": 20,
                                "endColumn": 15,
                                "endLine": 2,
                                "startColumn": 10,
                                "startLine": 2
                              },
                              "insertedContent": {
                                "text": "level"
                              }
                            }
                          ]
                        }
                      ],
                      "description": {
                        "text": "rename to \"level\""
                      }
                    }
                  ],
                  "level": "error",
                  "locations": [
                    {
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "logging",
                          "kind": "object"
                        }
                      ],
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "conf/a%3A1.alloy",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "byteLength": 5,
                          "byteOffset": 20,
                          "endColumn": 15,
                          "endLine": 2,
                          "startColumn": 10,
                          "startLine": 2
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "no \"levle\" <here>\ndid you mean \"level\"?"
                  },
                  "partialFingerprints": {
                    "alloyFingerprint/v1": "dc806a0bca124a339398078e6ede546e"
                  },
                  "relatedLocations": [
                    {
                      "message": {
                        "text": "in this block"
                      },
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "conf/a%3A1.alloy",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "byteLength": 7,
                          "byteOffset": 0,
                          "endColumn": 8,
                          "endLine": 1,
                          "startColumn": 1,
                          "startLine": 1
                        }
                      }
                    }
                  ],
                  "ruleId": "AL201",
                  "ruleIndex": 0
                },
                {
                  "level": "warning",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "conf/a%3A1.alloy",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "byteLength": 37,
                          "byteOffset": 0,
                          "endColumn": 1,
                          "endLine": 4,
                          "startColumn": 1,
                          "startLine": 1
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "50% of\nit"
                  },
                  "partialFingerprints": {
                    "alloyFingerprint/v1": "4a63de6a47411a09bb975f1f53cfe8bf"
                  },
                  "ruleId": "AL601",
                  "ruleIndex": 1
                }
              ],
              "tool": {
                "driver": {
                  "name": "alloy",
                  "rules": [
                    {
                      "defaultConfiguration": {
                        "level": "error"
                      },
                      "fullDescription": {
                        "text": "Finds attributes that the block, or the object, does not have. An attribute that nobody reads is nearly always a misspelt one, and what it was meant to set would silently keep its default. So it is refused."
                      },
                      "help": {
                        "text": "An attribute that nobody reads is nearly always a misspelt one, and what it was meant to set would silently keep its default. So it is refused. See docs/rules.md#al201-unknown-attribute."
                      },
                      "id": "AL201",
                      "name": "unknown-attribute",
                      "shortDescription": {
                        "text": "Finds attributes that the block, or the object, does not have."
                      }
                    },
                    {
                      "defaultConfiguration": {
                        "level": "note"
                      },
                      "fullDescription": {
                        "text": "Finds files that `alloy fmt` would change. One layout makes configurations easy to read and their changes easy to compare."
                      },
                      "help": {
                        "text": "One layout makes configurations easy to read and their changes easy to compare. See docs/rules.md#al601-unformatted."
                      },
                      "id": "AL601",
                      "name": "unformatted",
                      "shortDescription": {
                        "text": "Finds files that `alloy fmt` would change."
                      }
                    }
                  ],
                  "semanticVersion": "1.2.3"
                }
              }
            }
          ],
          "version": "2.1.0"
        }
    "#]],
        expect![[r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "runs": [
            {
              "columnKind": "unicodeCodePoints",
              "originalUriBaseIds": {
                "%SRCROOT%": {
                  "description": {
                    "text": "The directory in which the check was started."
                  }
                }
              },
              "results": [],
              "tool": {
                "driver": {
                  "name": "alloy",
                  "rules": [],
                  "semanticVersion": "1.2.3"
                }
              }
            }
          ],
          "version": "2.1.0"
        }
    "#]],
    );
}

#[test]
fn sarif_is_read_by_others() {
    for (checked, results) in [(some(), 2), (clean(), 0)] {
        let text = report(&checked, Format::Sarif, &about()).unwrap();
        let sarif: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
        let run = &sarif.runs[0];
        let found = run.results.as_deref().unwrap_or_default();
        assert_eq!(found.len(), results);
        let rules = run.tool.driver.rules.as_deref().unwrap_or_default();
        for result in found {
            let index = result.rule_index.unwrap();
            let rule = &rules[usize::try_from(index).unwrap()];
            assert_eq!(Some(&rule.id), result.rule_id.as_ref());
        }
        assert_eq!(rules.len(), results, "rules that fired, and no others");
    }
}

#[test]
fn github() {
    check(
        Format::Github,
        expect![[r#"
        ::error title=alloy (AL201),file=conf/a%3A1.alloy,line=2,col=10,endLine=2,endColumn=15::no "levle" <here>
        ::warning title=alloy (AL601),file=conf/a%3A1.alloy,line=1,endLine=4::50%25 of%0Ait
    "#]],
        expect![[""]],
    );
}

#[test]
fn gitlab() {
    check(
        Format::Gitlab,
        expect![[r#"
        [
          {
            "check_name": "AL201 unknown-attribute",
            "description": "no \"levle\" <here>",
            "fingerprint": "dc806a0bca124a339398078e6ede546e",
            "location": {
              "lines": {
                "begin": 2
              },
              "path": "conf/a:1.alloy"
            },
            "severity": "critical"
          },
          {
            "check_name": "AL601 unformatted",
            "description": "50% of\nit",
            "fingerprint": "4a63de6a47411a09bb975f1f53cfe8bf",
            "location": {
              "lines": {
                "begin": 1
              },
              "path": "conf/a:1.alloy"
            },
            "severity": "major"
          }
        ]
    "#]],
        expect![[r#"
        []
    "#]],
    );
}

#[test]
fn junit() {
    check(
        Format::Junit,
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="alloy check" tests="3" failures="2">
          <testsuite name="./conf/a:1.alloy" tests="2" failures="2">
            <testcase name="AL201 unknown-attribute" classname="./conf/a:1.alloy" line="2">
              <failure type="error" message="no &quot;levle&quot; &lt;here&gt;">./conf/a:1.alloy:2:10: no &quot;levle&quot; &lt;here&gt;</failure>
            </testcase>
            <testcase name="AL601 unformatted" classname="./conf/a:1.alloy" line="1">
              <failure type="warning" message="50% of&#10;it">./conf/a:1.alloy:1:1: 50% of&#10;it</failure>
            </testcase>
          </testsuite>
          <testsuite name="b.alloy" tests="1" failures="0">
            <testcase name="b.alloy"/>
          </testsuite>
        </testsuites>
    "#]],
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="alloy check" tests="1" failures="0">
          <testsuite name="b.alloy" tests="1" failures="0">
            <testcase name="b.alloy"/>
          </testsuite>
        </testsuites>
    "#]],
    );
}

#[test]
fn counts() {
    let wanted = Summary { files: 2, errors: 1, warnings: 1, infos: 0, fixable: 1, suppressed: 1 };
    assert_eq!(Summary::of(&some()), wanted);
    expect![[r#"
        AL201      1  unknown-attribute
        AL601      1  unformatted
    "#]]
    .assert_eq(&statistics(&some()));
}
