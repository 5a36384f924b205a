//! Which shipper wrote a record, told by its members. For people: lines are read without knowing it.

use super::json::{Next, Reader};
use super::shippers::{SHIPPERS, Shape};
use super::undo::unframed;

/// The name of the first row whose marks a record of that shape bears.
pub fn name(value: Option<&[u8]>, shape: Shape) -> &'static str {
    let members = value.filter(|_| shape == Shape::Json).map(unframed).map(member_names).unwrap_or_default();
    let bears = |mark: &&str| members.iter().any(|name| name == mark.as_bytes());
    let row = SHIPPERS.iter().filter(|row| row.shape == shape).find(|row| match shape {
        Shape::Json => row.marks.iter().any(|group| group.iter().all(bears)),
        _ => true,
    });
    row.map_or("plain", |row| row.name)
}

/// Names of the members of an object, those of objects in it behind a dot.
fn member_names(value: &[u8]) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut reader = Reader::new(value);
    let mut object: Option<Vec<u8>> = None;
    if !reader.takes(b'{') {
        return names;
    }
    while let Ok(member) = reader.member() {
        match (member, object.clone()) {
            (None, Some(_)) => object = None,
            (None, None) => break,
            (Some(name), above) => {
                let name = above.iter().flat_map(|above| [above, &b"."[..]]).chain([name]).collect::<Vec<_>>().concat();
                names.push(name.clone());
                match reader.value() {
                    Ok(Next::Object) if above.is_none() => object = Some(name),
                    Ok(Next::Object | Next::Array) if reader.leave().is_err() => break,
                    Err(_) => break,
                    _ => {}
                }
            }
        }
    }
    names
}
