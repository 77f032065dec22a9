//! Roots and file hashes that xet-core's own tests have (`aggregated_hashes.rs`, Apache-2.0).

use super::MerkleBuilder;
use crate::{MerkleHash, hash::DedupKey};

/// Chunk `n` of a case has `100 * n` raw bytes.
const CHUNKS: [&str; 8] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "cfc5d07f6f03c29bbf424132963fe08d19a37d5757aaf520bf08119f05cd56d6",
    "c3e67584b5c4fc2a89837ec39e40f2c8a6bb0b2987ac94cd4b31e5fbdd210a72",
    "0d2beb91b9196929a5ddec9f6e306924ddf4a24268e3e59fd8464738d525af37",
    "adf8773496a9b7319b2e50dc98093f344053b17d8ad37100b9c07d9805988784",
    "4ac202caf347fc1e9c874b1ef6a1c5e619141eb775a6f43f0f0124ccd0060d9e",
    "b3b28636f65c149ea52eb1f94669466f70f033b54cea792824c696ba6ef3c389",
    "0e2c1a002aae913d2c0fc8ddfa4e9e14b7b311b3b0d458726d5d9f6a6318013c",
];

/// Chunks, the hash of the xorb, and the hash of the file.
const CASES: [(&[usize], &str, &str); 13] = [
    (
        &[],
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        &[0],
        "0000000000000000000000000000000000000000000000000000000000000000",
        "638a6bc391964a85939d48f008e8bdbae6a7975e7ca2d87a3ce2492f4e4d8a4c",
    ),
    (
        &[1],
        "cfc5d07f6f03c29bbf424132963fe08d19a37d5757aaf520bf08119f05cd56d6",
        "8e16257caa3fe079d484d872a8975264b2ff683b0d6db9028cc7c0f968a45661",
    ),
    (
        &[1, 2, 3],
        "71ec1275fca074724e2dd666921b3277c7cee603e4d025bcab2d4050015be2bc",
        "54e55dccc6653c612bdb5576c5d3cb34bb31bc4e100248abccf4c908b3ef7715",
    ),
    (
        &[1; 4],
        "89f2ada89ff8c96763c6b25010e6dd76a4c05b1466207633ea559acf2093211b",
        "2cdba690d0e09563596e0cda626d43eb4c96ef1e994fe72d9b2f5a83cfcd36dd",
    ),
    (
        &[1, 2, 1, 2],
        "90f8313ef12df385d237a067aded02562c35ded12116e32eba401dbc86c38031",
        "284ea045e5a579e99c21ec597c20de1fc0c09e7168162aac00db8f61b3d82dbb",
    ),
    (
        &[1, 2, 1, 2, 3, 4],
        "52c826f99507aa05d0b45e9837fa1709e0485425cfbcb1e80db3905cf98b3ee9",
        "91d21684db364c8883ab8209fa5eb2e781cf07f37e1fa43e731c30839afe422f",
    ),
    (
        &[0, 1, 0, 1],
        "e1755c85be07fd6b7a8d7becc85e6d8c5f507f2a3d38b316bcb6f97855e72188",
        "207caf24fce045ac6d873b4c6186a5a435d600d103e1ae345e55ddf1f4b7f7ef",
    ),
    (
        &[0, 1, 0, 1, 0],
        "f36c6a6374a567efd36ed087aeb680b57e3af4e0b5b8e7be2593df4cb647a2de",
        "ab2f46d31855e1133b3b5b70e78f841394a648710a208923b221c1a8a0572a1f",
    ),
    (
        &[1, 0],
        "e8660f81494ca836a58e395c1395ef97870ed71e2b113eec1fab6b3361f46dd6",
        "274d92f7e2acebaa2b8d63c0b5e7a4fc15814a606e3e3825d55609e671bcc5d9",
    ),
    (
        &[3, 4, 5, 3],
        "73b9dc802ab03a0855c66823a18d95c2a785af594535756abf405038b6270cb8",
        "c7d5be75ef5ec12888027ad305141e4109e599494477661177475c84e12de48b",
    ),
    (
        &[3, 4, 5, 5, 5],
        "2c1fd1eca47e284512fcb40fcf45a1874939f9b91c774d46aeba5d004d9d263d",
        "0799ba7ee2c3fed173a8e8d832cd13970ddc16070ffbc8aa6dcd77476f66dc73",
    ),
    (
        &[0, 1, 2, 3, 4, 5, 6, 7],
        "f62abe77e3fb9c954fe52b0028027ddc90c064c45951a4fd2211d87e5c0011db",
        "d1b068be5bbdb38992269e8efe61f601881e39f7a7585fd76883cc6ea5c23b44",
    ),
];

fn hash(text: &str) -> MerkleHash {
    text.parse().unwrap()
}

fn tree(chunks: impl IntoIterator<Item = usize>) -> MerkleBuilder {
    let mut tree = MerkleBuilder::new();
    tree.extend(chunks.into_iter().map(|n| (hash(CHUNKS[n]), 100 * n as u64)));
    tree
}

#[test]
fn roots_and_files_are_those_of_the_reference() {
    for (chunks, xorb, file) in CASES {
        let tree = tree(chunks.iter().copied());
        assert_eq!((tree.root(), tree.file_hash()), (hash(xorb), hash(file)), "{chunks:?}");
    }
}

#[test]
fn trees_of_several_levels_are_those_of_the_reference() {
    let cycle = tree((0..64).map(|n| n % 8));
    assert_eq!(cycle.root(), hash("6554007c9b5d0a5e7918f79596a1b68815c1407535585435f5735db761f21b88"));
    assert_eq!(cycle.file_hash(), hash("a8640ab81d48854e00078e12b1ea8be5d90be0ffb5f73a15b7009981d093ddd8"));
    let same = tree([1; 32]);
    assert_eq!(same.root(), hash("0a0123c1617921883b7e13902095fcb86676e77c49120c33b233003b0af0e0a6"));
    assert_eq!(same.file_hash(), hash("53af4711fd1d5e5bdc7f931b6be932314d8d673cb16ad2482f6f5222eaf9e63d"));
}

/// The reference hashes roots with other keys than zero in the way in which chunk hashes are hidden.
#[test]
fn other_keys_give_the_hashes_of_the_reference() {
    let cases = [
        (
            tree([1]),
            "285371a6a3c8c4e561469c97766c46f0b9799bd8ea51a4ad27a082df8c28b7da",
            "6c18994ed5e6a223aeff68a6e386dbba7b3c25de076245dc77892b4ad49ac978",
        ),
        (
            tree((0..64).map(|n| n % 8)),
            "a53474562b6b74982e2d73a9899d63c8e5f99c9fe331b7c1079e37d5e3f27224",
            "702d28c85f0c8d402436b14ad759850e8c439d382bcbf50578dd52a2a9879022",
        ),
    ];
    for (tree, key, expected) in cases {
        assert_eq!(DedupKey::from_bytes(*hash(key).as_bytes()).hide(&tree.root()), hash(expected));
    }
}
