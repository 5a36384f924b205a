//! Which fingerprints are one bug: a pure function of the set, of people's words and of one table of frequencies.
//!
//! [`described`] is a fingerprint as it comes, [`vocabulary`] numbers its tokens and knows how rare each is, [`row`] is
//! how it is kept, [`kin`] count as few. [`similarity`] compares two by their [`weights`], [`index`] finds those worth comparing, [`edges`] and
//! [`pairs`] remember what was found, [`constraints`] are people's words, [`linkage`] parts a connected component.
//! [`clusterer`] joins them.
//!
//! Nothing here depends on the order in which fingerprints came: sums are of whole numbers, ties go by fingerprint.

pub mod clusterer;
pub mod components;
pub mod constraints;
pub mod described;
pub mod edges;
pub mod index;
pub mod kin;
pub mod known;
pub mod linkage;
pub mod pairs;
pub mod prior;
pub mod row;
pub mod rows;
pub mod similarity;
pub mod vocabulary;
pub mod weights;
