"""Rules of a language: what nodes read out of a question without a model, behind one small interface.

`language.rules_for(question)` gives the rules of the question's language: `english/` for English, else `base.Rules`, which know
no pattern of any language. Nodes ask these and nothing else, and a language's folder is loaded when a question is in it. Another
language is another folder with a subclass of `Rules`, and a line in `language.py`.
"""
